"""render.py FROM TO: copies a directory of templates, replacing ${NAME} by the environment's NAME.

${LOGIN} becomes the options with which the service that a template's folder is named after logs in to
Keystone. A name that the environment lacks is an error. A file is rewritten only when it changes.
"""
import os
import pathlib
import string
import sys

LOGIN = string.Template("""\
auth_type = password
auth_url = ${KEYSTONE_URL}
username = ${SERVICE}
password = ${PASSWORD}
project_name = service
user_domain_name = Default
project_domain_name = Default""")


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for template in sorted(path for path in source.rglob('*') if path.is_file()):
        login = LOGIN.substitute(os.environ, SERVICE=template.parent.name)
        text = string.Template(template.read_text()).substitute(os.environ, LOGIN=login)
        rendered = target / template.relative_to(source)
        rendered.parent.mkdir(parents=True, exist_ok=True)
        if not rendered.exists() or rendered.read_text() != text:
            rendered.write_text(text)


if __name__ == '__main__':
    main()
