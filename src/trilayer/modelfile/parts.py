"""What models are made of, and the classifiers that choose, put together again."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trilayer.errors import ModelFileError
from trilayer.modelfile.preparation import Step, step_of
from trilayer.modelfile.schema import LieError
from trilayer.modelfile.selection import Selection

if TYPE_CHECKING:
    from trilayer.encoding import TableEncoder
    from trilayer.estimators.classifier import TriLayerClassifier
    from trilayer.modelfile.record import ModelRecord


@dataclass(frozen=True)
class Parts:
    """A network, and what stands before and around it, as `ModelRecord` has them.

    `scaler` is the first step of the preparation that does anything.
    """

    network: "TriLayerClassifier"
    encoder: "TableEncoder | None" = None
    steps: tuple[str, str] | None = None
    preparation: tuple[Step, ...] = ()
    last: str = ""
    selection: Selection | None = None
    scaler: Any = None

    @property
    def first(self) -> Any:
        """Who sees rows first, and so has their names."""
        return self.network if self.scaler is None else self.scaler


def parts_of(model: Any) -> Parts:
    """Take a fitted model apart.

    Raises
    ------
    ModelFileError
        If it, or one of its steps, has no form in a file.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import check_is_fitted

    from trilayer.encoding import TableEncoder
    from trilayer.estimators.classifier import TriLayerClassifier
    from trilayer.estimators.cv import TriLayerClassifierCV
    from trilayer.estimators.table_classifier import TriLayerTableClassifier

    if isinstance(model, TriLayerTableClassifier):
        check_is_fitted(model)
        chose = _selection("table", model, model.selection_)
        steps = ("encoder", "network")
        return Parts(model.selection_.best_estimator_, model.encoder_, steps, selection=chose)
    if isinstance(model, TriLayerClassifierCV):
        check_is_fitted(model)
        return Parts(model.best_estimator_, selection=_selection("cv", model, model))
    if isinstance(model, TriLayerClassifier):
        return Parts(model)
    if isinstance(model, Pipeline):
        *before, (last, end) = model.steps
        if isinstance(end, TriLayerClassifier) and len(before) == 1:
            name, encoder = before[0]
            if isinstance(encoder, TableEncoder):
                return Parts(end, encoder, (name, last))
        if isinstance(end, TriLayerClassifier | TriLayerClassifierCV):
            within = parts_of(end)
            steps_before = tuple(step_of(*step) for step in before)
            doing = (step for _, step in before if step is not None and step != "passthrough")
            return replace(within, preparation=steps_before, last=last, scaler=next(doing, None))
    raise ModelFileError(
        "a model file holds a TriLayerClassifier, a TriLayerClassifierCV, a "
        "TriLayerTableClassifier, or a Pipeline that ends in one of the first two, not this "
        f"{type(model).__name__}"
    )


def _selection(of: str, model: Any, chose: Any) -> Selection:
    candidates = tuple((c.hidden_units, c.l2, c.log_loss, c.damped) for c in chose.candidates_)
    return Selection(
        of, model.get_params(deep=False), chose.hidden_units_, chose.l2_, candidates,
        chose.heights_,
    )  # fmt: skip


def chosen(
    record: "ModelRecord",
    selection: Selection,
    network: "TriLayerClassifier",
    encoder: "TableEncoder | None" = None,
) -> Any:
    """Make the classifier that chose this network.

    Raises
    ------
    ModelFileError
        If its parameters cannot be.
    """
    from trilayer.estimators.cv import TriLayerClassifierCV
    from trilayer.estimators.table_classifier import TriLayerTableClassifier
    from trilayer.select.search import Candidate

    cv = TriLayerClassifierCV()
    cv.classes_, cv.best_estimator_ = record.classes, network
    cv.l2_, cv.hidden_units_, cv.heights_ = selection.l2, selection.hidden_units, selection.heights
    # How long it took is no part of a model: the same rows give the same bytes.
    cv.candidates_ = [
        Candidate(n2, l2, loss, float("nan"), damped)
        for n2, l2, loss, damped in selection.candidates
    ]
    cv.refit_seconds_, cv.n_features_in_ = float("nan"), record.params.n1
    if encoder is None:
        if hasattr(network, "feature_names_in_"):
            cv.feature_names_in_ = network.feature_names_in_
        return _with(cv, selection)
    table = _with(TriLayerTableClassifier(), selection)
    wanted = cv.get_params(deep=False).keys() & selection.hyper_parameters.keys()
    cv.set_params(**{name: selection.hyper_parameters[name] for name in wanted})
    return table.adopt(encoder, cv)


def _with(model: Any, selection: Selection) -> Any:
    known = model.get_params(deep=False)
    if unknown := selection.hyper_parameters.keys() - known.keys():
        raise ModelFileError(
            f"{type(model).__name__} of this version has no parameter {min(unknown)[:40]!a}; "
            "upgrade trilayer, or save the model again"
        )
    model.set_params(**selection.hyper_parameters)
    try:
        model._validate_params()
    except ValueError as error:
        raise LieError(f"a hyper-parameter cannot be: {error}") from error
    return model
