/* ids: see ids.h. Both standards weigh the characters by their place; GB 11643 by powers of 2 modulo 11
** (ISO 7064, MOD 11-2), GB 32100 by powers of 3 modulo 31. */
#include "lang/base/ids.h"

#include <string.h>

#include "lang/base/date.h"

enum { ID_LEN = 18 };

static int digits(const char *p, int n) {
    int v = 0;
    for (int i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

enum bf_id_wrong bf_citizen_id_check(bf_str s, uint32_t *at, char *expected) {
    if (s.len != ID_LEN)
        return BF_ID_LENGTH;
    int sum = 0, weight = 1; /* of the last character; doubled for each place before it */
    for (uint32_t i = ID_LEN - 1; i-- > 0;) {
        weight = weight * 2 % 11;
        if (s.p[i] < '0' || s.p[i] > '9') {
            *at = i;
            return BF_ID_CHARACTER;
        }
        sum += (s.p[i] - '0') * weight;
    }
    if (!bf_civil_ok(digits(s.p + 6, 4), digits(s.p + 10, 2), digits(s.p + 12, 2)))
        return BF_ID_DATE;
    *at = ID_LEN - 1;
    *expected = "0123456789X"[(12 - sum % 11) % 11];
    return s.p[ID_LEN - 1] == *expected ? BF_ID_OK : BF_ID_CHECK;
}

enum bf_id_wrong bf_credit_code_check(bf_str s, uint32_t *at, char *expected) {
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    if (s.len != ID_LEN)
        return BF_ID_LENGTH;
    int sum = 0, weight = 1;
    for (uint32_t i = 0; i < ID_LEN; i++) {
        const char *c = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
        if (!c) {
            *at = i;
            return BF_ID_CHARACTER;
        }
        if (i < ID_LEN - 1)
            sum += (int)(c - alphabet) * weight;
        weight = weight * 3 % 31;
    }
    *at = ID_LEN - 1;
    *expected = alphabet[(31 - sum % 31) % 31];
    return s.p[ID_LEN - 1] == *expected ? BF_ID_OK : BF_ID_CHECK;
}
