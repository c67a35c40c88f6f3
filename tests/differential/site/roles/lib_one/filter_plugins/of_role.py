class FilterModule(object):
    def filters(self):
        return {'of_role': lambda text: text + ' by the role'}
