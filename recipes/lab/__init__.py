# SPDX-License-Identifier: Apache-2.0
"""What is done with finished runs: other decodings, comparisons, sweeps, baselines, people's judgement."""
