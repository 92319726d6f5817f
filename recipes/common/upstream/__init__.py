# SPDX-License-Identifier: Apache-2.0
"""What is private in other people's libraries, under names of our own."""
