# SPDX-License-Identifier: MIT
from ._bernoulli import BernoulliRBM as BernoulliRBM
from ._core import (DataError as DataError, DivergedError as DivergedError, Machine as Machine, Model as Model,
                    PrecisionWarning as PrecisionWarning, Random as Random, Sampler as Sampler,
                    UnsupportedError as UnsupportedError, __version__ as __version__,
                    example_machine as example_machine, initialize as initialize, load as load,
                    objectives as objectives, partition_methods as partition_methods, samplers as samplers,
                    set_threads as set_threads, threads as threads)
from ._functions import (CheckResult as CheckResult, Estimate as Estimate, log_likelihood as log_likelihood,
                         log_partition as log_partition, reconstruct as reconstruct, sample as sample,
                         self_check as self_check, train as train)
from ._other_units import GaussianRBM as GaussianRBM, PottsRBM as PottsRBM, SpinRBM as SpinRBM
