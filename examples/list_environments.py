"""List the applications and environments that a key may see.

python examples/list_environments.py
"""

import os

import logstream

credentials = logstream.find_credentials(os.environ)
api = logstream.CloudAPI(credentials, os.environ.get("LOGSTREAM_ENDPOINT", ""))
for application in api.applications():
    for environment in api.environments(application):
        print(application.uuid, application.hosting_id, application.name, environment.name)
