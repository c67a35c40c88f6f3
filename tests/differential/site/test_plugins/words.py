class TestModule(object):
    def tests(self):
        return {'shouting': lambda text: text.isupper(), 'longer_than': lambda text, n: len(text) > n}
