/* bare_parser: see bare.h. */
#include "tests/bench/bare.h"

#include "lang/syntax/parser.c"
