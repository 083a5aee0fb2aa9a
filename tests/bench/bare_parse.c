/* bare_parse: see bare.h. */
#include "tests/bench/bare.h"

#include "lang/syntax/parse.c"
