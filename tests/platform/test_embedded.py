"""Embedded servers start, keep what they are given, and leave nothing behind."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest

from movieshow.embedded import Home
from movieshow.embedded.home import EmbeddedError
from movieshow.embedded.servers import without_password
from tests.platform.conftest import HANG_SECONDS, Install

QUERY = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True); "
READ_KEPT = QUERY + "print(c.execute('table kept').fetchone()[0])"


def test_exec_returns_the_exit_code_of_its_command(install: Install) -> None:
    assert install.run_beside("raise SystemExit(7)").returncode == 7


def test_exec_leaves_no_process_and_no_socket(install: Install) -> None:
    done = install.run_beside("import os; print(os.environ['DATABASE_URL'])")
    sockets = Path(done.stdout.strip().partition("host=")[2])
    assert sockets.name == "postgres"
    assert not sockets.parent.exists()
    assert install.processes() == []


def test_exec_gives_its_command_all_that_settings_need(install: Install) -> None:
    done = install.run_beside(
        "import os, redis; import movieshow.settings as s; print(s.REDIS_URL)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unix:///tmp/movieshow-")


def test_what_is_stored_is_there_at_the_next_start(install: Install) -> None:
    install.run_beside(
        QUERY + "c.execute('create table if not exists kept as select 42 as answer')"
    )
    again = install.run_beside(READ_KEPT)
    assert again.stdout.strip() == "42"


def test_trigrams_and_unaccent_understand_accents(install: Install) -> None:
    done = install.run_beside(
        QUERY
        + "[c.execute(f'create extension if not exists {e}') for e in ('pg_trgm', 'unaccent')]; "
        "print(c.execute(\"select unaccent('Amélie'), word_similarity('ñ', 'ñ')\").fetchone())"
    )
    assert done.stdout.strip() == "('Amelie', 1.0)"


def test_postgres_listens_on_no_port(install: Install) -> None:
    done = install.run_beside(QUERY + "print(c.execute('show listen_addresses').fetchone())")
    assert done.stdout.strip() == "('',)"


def test_only_the_owner_may_read_the_secret(install: Install) -> None:
    install.run_beside("pass")
    assert (install.home / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_secret_stays_the_same(install: Install) -> None:
    show = "import os; print(os.environ['SECRET_KEY'])"
    first = install.run_beside(show).stdout
    assert len(first.strip()) >= 50
    assert install.run_beside(show).stdout == first


def test_a_second_start_on_the_same_home_fails_in_one_line(install: Install) -> None:
    install.start()
    second = install.run_beside("pass")
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr


def test_sigterm_stops_command_and_servers(install: Install) -> None:
    process = install.start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANG_SECONDS) == 128 + signal.SIGTERM
    assert install.processes() == []


def test_a_start_waits_for_the_home_that_is_being_left(install: Install) -> None:
    process = install.start()
    process.send_signal(signal.SIGTERM)
    assert install.run_beside("pass").returncode == 0


def test_kill_9_ends_command_and_servers_too(install: Install) -> None:
    process = install.start()
    process.kill()
    process.wait(timeout=HANG_SECONDS)
    assert install.wait_until_nothing_runs() == []


def test_the_start_after_kill_9_finds_the_data(install: Install) -> None:
    install.run_beside(
        QUERY + "c.execute('create table if not exists kept as select 42 as answer')"
    )
    process = install.start()
    process.kill()
    process.wait(timeout=HANG_SECONDS)
    again = install.run_beside(READ_KEPT)
    assert again.stdout.strip() == "42", again.stderr


def test_kill_9_of_everything_at_once_is_survived(install: Install) -> None:
    process = install.start()
    for victim in install.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
    process.wait(timeout=HANG_SECONDS)
    assert install.run_beside("pass").returncode == 0


def test_a_pid_file_whose_number_is_now_another_process_is_no_obstacle(install: Install) -> None:
    install.run_beside("pass")
    data = install.home / "postgres"
    (data / "postmaster.pid").write_text(f"{os.getppid()}\n{data}\n1\n5432\n/tmp\n\n1 1\n")
    assert install.run_beside("pass").returncode == 0


def test_sockets_left_by_a_dead_owner_are_removed(install: Install) -> None:
    process = install.start()
    process.kill()
    process.wait(timeout=HANG_SECONDS)
    left = Path((install.home / "sockets").read_text())
    install.run_beside("pass")
    assert not left.exists()


def test_a_half_made_cluster_is_made_again(fresh_install: Install) -> None:
    (fresh_install.home / "postgres.new").mkdir(parents=True)
    (fresh_install.home / "postgres.new" / "PG_VERSION").write_text("18\n")
    assert fresh_install.run_beside("pass").returncode == 0


def test_data_of_another_postgres_is_refused_in_one_line(fresh_install: Install) -> None:
    fresh_install.run_beside("pass")
    (fresh_install.home / "postgres" / "PG_VERSION").write_text("17\n")
    refused = fresh_install.run_beside("pass")
    assert refused.returncode == 2
    assert "was made by Postgres 17" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_too_little_disk_is_said_in_one_line(install: Install) -> None:
    refused = install.run_beside("pass", MOVIESHOW_MIN_FREE_MB="999999999")
    assert refused.returncode == 2
    assert "MB free" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_a_server_that_does_not_answer_is_named_without_its_password(
    install: Install, variable: str
) -> None:
    scheme = "postgres" if variable == "DATABASE_URL" else "redis"
    refused = install.run_beside("pass", **{variable: f"{scheme}://me:hush@127.0.0.1:1/0"})
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"movieshow: {variable} ({scheme}://me:***@127.0.0.1:1/0)")
    assert "hush" not in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_given_servers_are_used_and_none_is_started(fresh_install: Install) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    show = "import os; print(os.environ['DATABASE_URL'])"
    done = fresh_install.run_beside(show, **given)
    assert done.stdout.strip() == given["DATABASE_URL"]
    assert not (fresh_install.home / "postgres").exists()


def test_an_ordinary_user_can_run_it(ordinary_install: Install) -> None:
    done = ordinary_install.run_beside("import os; print(os.geteuid())")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) != 0
    assert ordinary_install.processes() == []


def test_a_home_that_others_cannot_reach_works_for_its_owner(fresh_install: Install) -> None:
    fresh_install.home.parent.chmod(0o700)
    data = Home(fresh_install.home).postgres_root
    try:
        done = fresh_install.run_beside(QUERY + "print(c.execute('select 1').fetchone()[0])")
        assert done.stdout.strip() == "1", done.stderr
        if os.geteuid() == 0:
            assert data.is_relative_to("/var/lib/movieshow")
        else:
            assert data == fresh_install.home
    finally:
        shutil.rmtree(data, ignore_errors=True)


def test_a_home_that_cannot_be_made_is_one_line(install: Install) -> None:
    blocker = install.home.parent / "file"
    blocker.write_text("not a directory")
    refused = install.run_beside("pass", MOVIESHOW_HOME=str(blocker / "home"))
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1


def test_a_deep_home_has_short_sockets(fresh_install: Install) -> None:
    fresh_install.home = fresh_install.home / ("deep" * 20) / ("deeper" * 20)
    assert fresh_install.run_beside("pass").returncode == 0


def test_a_command_that_does_not_exist_is_one_line(install: Install) -> None:
    done = install.run("movieshow.embedded", "exec", "--", "/no/such/command")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert install.processes() == []


def test_ctrl_c_reaches_the_command_once(install: Install) -> None:
    process = install.start()
    os.kill(process.pid, signal.SIGINT)
    for child in install.processes():
        if child.pid != process.pid and "signal.pause" in " ".join(child.cmdline()):
            child.send_signal(signal.SIGINT)  # as a terminal does, to the whole group
    assert process.wait(timeout=HANG_SECONDS) == 128 + signal.SIGINT
    assert install.processes() == []


def test_a_connection_left_open_does_not_delay_the_stop(install: Install) -> None:
    process = install.start()
    data = Home(install.home).postgres_root / "postgres"
    host = (data / "postmaster.pid").read_text().splitlines()[4]
    connection = psycopg.connect(host=host, user="movieshow", dbname="movieshow")
    connection.execute("select 1")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANG_SECONDS) == 128 + signal.SIGTERM
    connection.close()


def test_passwords_are_hidden_in_addresses() -> None:
    assert without_password("redis://:s3cret@host:1/0") == "redis://:***@host:1/0"
    assert without_password("unix:///tmp/x.sock?password=s3cret") == "unix:///tmp/x.sock"
    assert "s3cret" not in without_password("postgres://host/name?password=s3cret")
    assert "s3cret" not in without_password("user:s3cret@host/name")


def test_free_space_is_checked_for_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.ensure_free_space(required_bytes=1)
    with pytest.raises(EmbeddedError, match="MB free"):
        home.ensure_free_space(required_bytes=2**62)


def test_what_people_gave_is_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.path / "media").mkdir(parents=True, mode=0o755)
    home.create()
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.path.iterdir()}
    assert modes == dict.fromkeys(("artifacts", "cache", "logs", "media", "redis"), 0o700)


def test_a_locked_home_is_free_again_when_its_owner_dies(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    child = subprocess.Popen(["sleep", "30"])
    home.lock()
    home.unlock()
    child.kill()
    child.wait(timeout=HANG_SECONDS)
    again = Home(tmp_path / "home")
    again.lock()
    again.unlock()
