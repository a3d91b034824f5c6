"""Airflow makes an object of `auth_type` for every request.

It is called with the connection's login and password, which for Dastra are the key pair; where the
connection has no login, it is called without arguments.
"""

from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.operators.http import HttpOperator
from airflow.sdk import dag, task

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey


@dag(schedule=None)
def workspaces() -> None:
    """Read from Dastra with the connection `dastra`, and from DTZ with the connection `dtz`."""
    HttpOperator(
        task_id="first_page",
        http_conn_id="dastra",
        auth_type=DastraClientCredentials,
        method="GET",
        endpoint="/v1/workspaces",
    )

    @task
    def further_pages() -> list[int]:
        hook = HttpHook("GET", http_conn_id="dastra", auth_type=DastraClientCredentials)
        pages = [hook.run("/v1/workspaces", {"page": page}) for page in range(2, 11)]
        return [page.status_code for page in pages]

    @task
    def roles() -> list[str]:
        hook = HttpHook("GET", http_conn_id="dtz", auth_type=DtzApiKey.from_env)
        return list(hook.run("/v1/me").json()["roles"])

    further_pages()
    roles()


a_dag = workspaces()

if __name__ == "__main__":
    a_dag.test()
