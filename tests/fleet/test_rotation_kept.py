"""What stands in a Redis of a sign-in: nothing that tells, and nothing that brings it back."""

from base64 import b64encode

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.persons import AGED, REDIRECT_URI, forward, signed_in
from fleet.redis_server import RedisServer
from fleet.seeds import PREFIX


def test_a_dump_holds_no_refresh_token_no_code_no_token_and_no_key(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    code = dastra.make_code(REDIRECT_URI)
    dumps, secrets = [], [code, dastra.private_key, dastra.public_key]
    with signed_in(stand_ins, servers, [{"code": code}]) as [process]:
        with dastra.hold() as hold:
            process.begin("call", callers=1)
            hold.wait_for(1, timeout=60)
            # A lease.
            dumps.append(redis.dump())
        assert process.done() == [200]
        for _ in range(2):
            dumps.append(redis.dump())
            secrets += [*dastra.tokens_in_force, *dastra.refresh_tokens_in_force]
            forward([process], AGED)
            dastra.expire_tokens()
            assert process.call() == [200]
        forward([process], AGED)
        dastra.expire_tokens()
        dastra.expire_refresh_tokens()
        # A failure, and with it every note that leads to the beginning.
        assert process.call()[0][1] == "invalid_grant"
        dumps.append(redis.dump())
        secrets += process.told()
    # The token, what was told last, a way from each of three refresh tokens, the failure.
    assert [len(dump) for dump in dumps] == [1, 3, 4, 6]
    everything = b"\n".join(key + b" " + value for dump in dumps for key, value in dump.items())
    assert len(set(secrets)) == 3 + 2 + 3
    for secret in secrets:
        assert secret.encode() not in everything
        assert b64encode(secret.encode()).rstrip(b"=")[:-1] not in everything
    for key in dumps[-1]:
        name = key.removeprefix(PREFIX.encode())
        assert len(name) == 64
        int(name, 16)


def test_an_old_dump_that_is_put_back_has_no_spent_refresh_token_sent(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token()}
    with signed_in(stand_ins, servers, [plan] * 2) as processes:
        dumps = []
        for _ in range(3):
            assert [process.call() for process in processes] == [[200]] * 2
            dumps.append(redis.dump())
            forward(processes, AGED)
            dastra.expire_tokens()
        for dump in dumps:
            redis.flush()
            for key, value in dump.items():
                redis.client().set(key, value)
            assert [process.call() for process in processes] == [[200]] * 2
            forward(processes, AGED)
            dastra.expire_tokens()
    assert dastra.reuses == 0
    assert len(dastra.token_requests) == 6
