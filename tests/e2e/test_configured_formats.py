"""A type that an operator configured, from its file to a person: tried first, then streamed."""

import json
from pathlib import Path

from doubles.deployment import Deployment
from doubles.programs import run, until

FORMAT = r"""
[[format]]
type = "myapp"
display_name = "Our app"
start = '^\d{4}-'
pattern = '^(?P<time>\S+ \S+) \[(?P<level>\w+)\] (?:rid=(?P<request_id>\S+) )?'
time_format = "%Y-%m-%d %H:%M:%S,%f"
zone = "Europe/Berlin"
"""
RECORD = "2014-07-07 22:28:53,250 [INFO] rid=v-1 \x1b[2Jhello\nof two lines"


def test_what_was_tried_is_what_people_see(deployment: Deployment, tmp_path: Path) -> None:
    deployment.start_api([deployment.start_hub("logstream-1")], "dev")
    key = deployment.create_key("logtailor", "--server", "srv-6", "--environment", "mysite/dev")
    log, config = tmp_path / "myapp.log", tmp_path / "logtailor.toml"
    log.write_text(f"{RECORD}\n")
    config.write_text(
        f'endpoint = "{deployment.endpoint}"\n[[source]]\nsite = "example:mysite"\n'
        f'environment = "dev"\ntype = "myapp"\npaths = ["{log}"]\n{FORMAT}'
    )
    tried = run(
        *("formats", "try", "myapp", str(log), "--config", str(config), "-o", "json"),
        directory=tmp_path,
    )
    assert tried.returncode == 0
    assert tried.stderr == "myapp (configured: pattern): 1 record of 2 lines, all with a time\n"
    seen = json.loads(tried.stdout)

    logtailor = deployment.start(
        "logtailor",
        *("--config", str(config)),
        env={"LOGSTREAM_API_KEY": key["api_key"], "LOGSTREAM_API_SECRET": key["api_secret"]},
    )
    logtailor.until_says("offering")
    person = deployment.tail("-t", "myapp", "-o", "json")
    until(lambda: '"msg":{"cmd":"enable"' in person.err, "the source flows")
    assert '"display_type":"Our app"' in person.err
    with log.open("a") as file:
        file.write(f"{RECORD}\n")
    (line,) = person.until_lines(1)
    record = json.loads(line)
    assert record["unix_time"] == seen["unix_time"] == 1404764933.25
    assert record["request_id"] == seen["request_id"] == "v-1"
    assert record["text"] == seen["text"] == RECORD
