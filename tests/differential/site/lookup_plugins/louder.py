from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        if kwargs.get('fail'):
            raise AnsibleError('no luck')
        return ['%s%s %s' % (term.upper(), kwargs.get('mark', ''), variables['inventory_hostname']) for term in terms]
