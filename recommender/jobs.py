"""What RQ runs for the recommender; torch is imported inside the job, so only where it trains."""

from catalog.services import bump_catalogue_version, refresh_movie_statistics
from recommender.experiments.row_bandit import learn_from_clicks
from recommender.feedback.retention import delete_old_feedback
from recommender.feedback.writing import write_feedback
from recommender.model_versions import retire_old_versions

MAX_ROUNDS = 3


def finetune_if_due() -> str:
    """Fine-tune when due and not too soon, and look again before ending; return what came of it.

    Ratings that arrive meanwhile queue nothing, for this job holds the queue's one id: hence the
    second look. What is too soon now the schedule picks up.
    """
    from recommender.finetuning import run_finetuning  # noqa: PLC0415 - imports torch

    outcome = run_finetuning()
    for _ in range(MAX_ROUNDS - 1):
        if not outcome.has_trained:
            break
        again = run_finetuning()
        if not again.has_trained:
            break
        outcome = again
    return outcome.status


def add_new_films() -> str:
    """Give films that came into the catalogue rows in the model; return what came of it."""
    from recommender.finetuning import run_finetuning  # noqa: PLC0415 - imports torch

    return run_finetuning(adds_films=True).status


def check_active_model() -> str:
    """Measure the fine-tuned model that is served against its base; return what came of it."""
    from recommender.guardrail import recheck_active_version  # noqa: PLC0415 - loads onnxruntime

    return recheck_active_version()


def refresh_statistics() -> int:
    """Count ratings and means afresh, and tell web processes if any changed; return how many."""
    changed = refresh_movie_statistics()
    if changed:
        bump_catalogue_version()
    return changed


def warm_up_job() -> int:
    """Compute answers of the model now active for people who were here lately."""
    from recommender.warming import warm_up_answers  # noqa: PLC0415 - loads onnxruntime

    return warm_up_answers()


def retire_models() -> int:
    """Delete the files of old fine-tuned models; return how many."""
    return retire_old_versions()


def write_feedback_job() -> int:
    """Write what people were shown and did from the buffer to Postgres; return how many entries."""
    return write_feedback()


def learn_rows_job() -> int:
    """Have the bandit of the home page learn from clicks; return how many decisions it counted."""
    return learn_from_clicks()


def delete_feedback_job() -> int:
    """Delete feedback past its time; return how many rows."""
    return delete_old_feedback()


def analyse_experiments_job() -> int:
    """Analyse the running experiments, and stop one that breaks its guardrail; return how many."""
    from recommender.experiments.reports import refresh_running_reports  # noqa: PLC0415 - slow

    return refresh_running_reports()


def analyse_experiment_job(experiment_id: int) -> None:
    """Analyse one experiment, for an operator who waits."""
    from recommender.experiments.reports import refresh_report  # noqa: PLC0415 - slow to import

    refresh_report(experiment_id=experiment_id)
