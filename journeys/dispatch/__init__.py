"""When calls go out, and what becomes of them: pure, with time as an argument.

`desk` decides for one endpoint, from the parts beside it: `queue` whose turn it is, `rates` how
many in what time, `circuit` whether the endpoint is well, `memory` what was answered before,
`doubts` what a failure may have left done.
"""
