#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
m = AnsibleModule(argument_spec=dict(name=dict(required=True)))
m.exit_json(changed=False, greeting="hello " + m.params['name'])
