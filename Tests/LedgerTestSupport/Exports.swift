// One import is enough for tests of the domain and of what stands on it.
@_exported public import TestSupport
