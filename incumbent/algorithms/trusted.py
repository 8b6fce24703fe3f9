"""Types that a skops file may hold without anybody being asked: parts of scikit-learn, numpy and scipy.

skops trusts scikit-learn's estimators and numpy's arrays by itself, and asks for everything else. These are
what plain scikit-learn models are made of besides: trees, predictors, calibrators, losses, kernels, splitters
and scorers. None of them runs code that comes from the file: they are data, or functions of the libraries. (A
damaged tree can still crash scikit-learn, which is why such bundles run in a child process.)

What is not listed here must be trusted by a person, in the workspace or in the site's configuration.
"""

from __future__ import annotations

_BY_MODULE = {
    "functools": "partial",  # skops audits what it calls as a type of its own
    "numpy": "dtype mean",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",  # numpy's own
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.sparse._csc": "csc_array csc_matrix",
    "scipy.sparse._csr": "csr_array csr_matrix",
    "scipy.stats._continuous_distns": (
        "beta_gen expon_gen gamma_gen lognorm_gen loguniform_gen norm_gen reciprocal_gen uniform_gen"
    ),
    "scipy.stats._discrete_distns": "randint_gen",
    "scipy.stats._distn_infrastructure": "rv_continuous_frozen rv_discrete_frozen",
    "sklearn._loss._loss": (
        "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
        "CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss "
        "CyPinballLoss"
    ),
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    "sklearn._loss.loss": (
        "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss "
        "HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss"
    ),
    "sklearn.calibration": "_CalibratedClassifier _SigmoidCalibration _TemperatureScaling",
    "sklearn.cluster._bisect_k_means": "_BisectingTree",
    "sklearn.cluster._kmeans": "_kmeans_single_elkan _kmeans_single_lloyd",
    "sklearn.compose._column_transformer": "make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_regression r_regression",
    "sklearn.gaussian_process._gpc": "_BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels": (
        "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel "
        "Product RBF RationalQuadratic Sum WhiteKernel"
    ),
    "sklearn.impute._iterative": "IterativeImputer _ImputerTriplet",
    "sklearn.linear_model._sgd_fast": (
        "EpsilonInsensitive Hinge Huber Log ModifiedHuber SquaredEpsilonInsensitive SquaredHinge SquaredLoss"
    ),
    "sklearn.metrics._classification": (
        "accuracy_score balanced_accuracy_score brier_score_loss f1_score jaccard_score log_loss "
        "matthews_corrcoef precision_score recall_score"
    ),
    "sklearn.metrics._ranking": "average_precision_score roc_auc_score top_k_accuracy_score",
    "sklearn.metrics._regression": (
        "d2_absolute_error_score explained_variance_score max_error mean_absolute_error "
        "mean_absolute_percentage_error mean_gamma_deviance mean_poisson_deviance mean_squared_error "
        "mean_squared_log_error median_absolute_error r2_score root_mean_squared_error "
        "root_mean_squared_log_error"
    ),
    "sklearn.metrics._scorer": (
        "_CurveScorer _PassthroughScorer _PredictScorer _ProbaScorer _Scorer _ThresholdScorer"
    ),
    "sklearn.model_selection._search_successive_halving": "HalvingGridSearchCV HalvingRandomSearchCV",
    "sklearn.model_selection._split": (
        "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut "
        "PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold "
        "StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit _CVIterableWrapper"
    ),
    "sklearn.neighbors._ball_tree": "BallTree BallTree32 BallTree64",
    "sklearn.neighbors._kd_tree": "KDTree KDTree32 KDTree64",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest",
    "sklearn.utils.validation": "check_array",
}

_DISTANCES = (  # not PyFuncDistance, which calls a function from the file
    "BrayCurtis Canberra Chebyshev Dice Euclidean Hamming Haversine Jaccard Mahalanobis Manhattan Minkowski "
    "RogersTanimoto RussellRao SEuclidean SokalMichener SokalSneath"
)

#: Qualified names of every type that is trusted without asking.
TRUSTED = frozenset(
    {f"{module}.{name}" for module, names in _BY_MODULE.items() for name in names.split()}
    | {f"sklearn.metrics._dist_metrics.{n}Distance{s}" for n in _DISTANCES.split() for s in ("", "32", "64")}
)


def is_trusted(name: str) -> bool:
    """Whether a type is trusted without asking.

    Examples
    --------
    >>> is_trusted("sklearn.tree._tree.Tree"), is_trusted("os.system")
    (True, False)
    """
    return name in TRUSTED
