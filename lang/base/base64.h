/* Base64 (RFC 4648, section 4) in its one spelling: padded, no blanks, unused bits zero. */
#ifndef BF_BASE64_H
#define BF_BASE64_H

#include "lang/base/text.h"

void bf_base64_put(struct bf_buf *b, const void *p, size_t len);
/* False if the text is not that spelling of at most max bytes. */
bool bf_base64_read(bf_str text, uint8_t *out, size_t max, size_t *len);

#endif
