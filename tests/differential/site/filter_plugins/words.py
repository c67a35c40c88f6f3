from ansible.errors import AnsibleFilterError
from jinja2 import pass_environment


def shout(text, times=1, mark='!'):
    return text.upper() + mark * times


def refuse(text):
    raise AnsibleFilterError('refused: %s' % text)


@pass_environment
def kind(environment, value):
    return type(environment).__name__[-11:] + ' ' + type(value).__name__


class FilterModule(object):
    def filters(self):
        return {'shout': shout, 'refuse': refuse, 'kind': kind, 'pairs': lambda d: d.items(), 'doubled': lambda l: (x * 2 for x in l),
                'odd_keys': lambda x: {1: x, 'b': (1, 2)}, 'as_tuple': tuple, 'add_one': lambda x: x + 1}
