/* Ids: the two national identifiers whose last character checks the others. */
#ifndef BF_IDS_H
#define BF_IDS_H

#include "lang/base/text.h"

enum bf_id_wrong {
    BF_ID_OK,
    BF_ID_LENGTH,    /* not 18 characters */
    BF_ID_CHARACTER, /* one that never occurs there; *at says which */
    BF_ID_DATE,      /* a date of birth that does not exist (citizen ids) */
    BF_ID_CHECK      /* *expected is what the first 17 characters give */
};

/* 公民身份号码, GB 11643: 17 digits (place, date of birth, order) and a check character 0-9 or X. */
enum bf_id_wrong bf_citizen_id_check(bf_str s, uint32_t *at, char *expected);
/* 统一社会信用代码, GB 32100: 17 of 0-9 and the capitals without I, O, S, V, Z, and a check character. */
enum bf_id_wrong bf_credit_code_check(bf_str s, uint32_t *at, char *expected);

#endif
