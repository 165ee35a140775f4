# mex_time_limit(<seconds> <test>…)   <seconds>: what such a test takes on an idle machine with two cores
#
# A time limit ends a test that hangs; it does not judge how fast the machine is. A machine that is a third as
# fast and has eight other programs at work needs about twenty times as long; the limit is beyond that.
function(mex_time_limit seconds)
  math(EXPR limit "${seconds} * 30")
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${limit})
endfunction()
