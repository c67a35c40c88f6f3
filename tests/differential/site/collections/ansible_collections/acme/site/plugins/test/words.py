class TestModule(object):
    def tests(self):
        return {'palindrome': lambda text: text == text[::-1]}
