class FilterModule(object):
    def filters(self):
        return {'reversed_text': lambda text: text[::-1]}
