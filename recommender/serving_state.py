"""What decides an answer apart from its options: one row, read before anything else."""

from dataclasses import dataclass, replace

from movieshow.prepared import fetch_prepared
from recommender.experiments.arms import ServedArm, get_live_experiments
from recommender.experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class ServingState:
    """What decides an answer apart from its options, read in one query before anything else.

    `model_id`, `model_name`, `artifact_prefix` and `sha256` are of the active model version;
    `model_id` is None where there is none. `ranking_arm` and `row_arm` are what experiments assign
    to `subject_key`, None where nothing is tried or promoted; `is_measured` says that the person
    lets what they are shown be noted; `live_key` is the text that says which experiments there are.
    """

    taste_version: int
    catalogue_version: int
    model_id: int | None
    model_name: str
    artifact_prefix: str
    sha256: str
    subject_key: int | None = None
    is_measured: bool = False
    live_key: str = ""
    ranking_arm: ServedArm | None = None
    row_arm: ServedArm | None = None

    @property
    def served_model_id(self) -> int | None:
        """The id of the version that answers: the arm's where it has its own."""
        if self.ranking_arm is None:
            return self.model_id
        if self.ranking_arm.is_popularity:
            return None
        return self.ranking_arm.model.version_id if self.ranking_arm.model else self.model_id

    @property
    def served_sha256(self) -> str:
        """The hash of that version's files; empty for popularity."""
        arm = self.ranking_arm
        if arm is None or (arm.model is None and not arm.is_popularity):
            return self.sha256
        return arm.model.sha256 if arm.model else ""


_STATE_SQL = """
SELECT coalesce(taste.version, 0),
       coalesce((SELECT version FROM catalog_cataloguestate WHERE id = 1), 0),
       model.id, coalesce(model.name, ''), coalesce(model.artifact_prefix, ''),
       coalesce(model.sha256, ''),
       coalesce(taste.subject_key, person.id), coalesce(person.allows_training, false),
       coalesce((SELECT string_agg(id || ':' || status || ':' || salt, ',' ORDER BY id)
                 FROM recommender_experiment WHERE status = 'running' OR is_in_force), '')
FROM (SELECT %s::bigint AS user_id) AS asked
LEFT JOIN accounts_user AS person ON person.id = asked.user_id
LEFT JOIN recommender_tasteprofile AS taste ON taste.user_id = asked.user_id
LEFT JOIN recommender_modelversion AS model ON model.is_active
"""


def read_state(*, user_id: int | None) -> ServingState:
    """Read in one query what an answer for this person depends on, and deal them their arms."""
    state = ServingState(*(fetch_prepared(_STATE_SQL, [user_id]) or ()))
    if not state.live_key:
        return state
    live = get_live_experiments(state.live_key)
    assigned = state.subject_key if state.is_measured else None
    return replace(
        state,
        ranking_arm=live.assign(Experiment.Surface.RANKING, assigned),
        row_arm=live.assign(Experiment.Surface.HOME_ROWS, assigned),
    )
