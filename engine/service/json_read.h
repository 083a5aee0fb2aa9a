/* Json read: the body of a request. What jansson's reader would give, several times as fast for the JSON that programs
** usually send: its lexer, byte by byte, would be a sixth of what a step costs.
**
** 1. bf_json_quick reads the whole text, or gives NULL: it does not know, and nothing is said about the text.
** 2. What it gives is what json_loadb with JSON_REJECT_DUPLICATES gives. tests/fuzz/fuzz_json holds it to that.
*/
#ifndef BF_JSON_READ_H
#define BF_JSON_READ_H

#include <jansson.h>

#include "lang/base/text.h"

json_t *bf_json_quick(bf_str s);
/* An object or a list. NULL: *why says what is wrong and where. */
json_t *bf_json_read(bf_str s, json_error_t *why);

#endif
