//! Programs, files, and the copy of the environment handed over by `cli`.
