"""MLflow finds the package's providers by itself, and ``MLFLOW_TRACKING_AUTH`` chooses one.

There are ``dastra``, ``dastra-key``, ``dtz-key`` and ``dtz-bearer``, with the variables that
``from_env()`` reads. ``DASTRA_ORIGINS`` (or ``DTZ_ORIGINS``) names the tracking server, as
``https://mlflow.example.org``. The program says nothing of it:
"""

from mlflow import MlflowClient


def experiments(tracking_uri: str) -> list[str]:
    """Ask for experiments, as any program does that uses MLflow."""
    return [each.name for each in MlflowClient(tracking_uri).search_experiments()]
