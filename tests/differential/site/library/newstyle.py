#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import (
    to_text,  # a comment
)


def main():
    module = AnsibleModule(argument_spec={"name": {"type": "str", "required": True}, "size": {"type": "int", "default": 3}}, supports_check_mode=True)
    if module.params["name"] == "bad":
        module.fail_json(msg="bad name", code=7)
    module.exit_json(changed=not module.check_mode, text=to_text(module.params["name"]) * module.params["size"], diff={"before": "a\n", "after": "b\n"},
                     ansible_facts={"newstyle_ran": True})


if __name__ == "__main__":
    main()
