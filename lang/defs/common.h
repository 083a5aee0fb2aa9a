/* Enumerations that the tree, the image and the engine share. */
#ifndef BF_COMMON_H
#define BF_COMMON_H

#include <stdint.h>

#define BF_NONE UINT32_MAX /* "no such index" in every table */

/* Units of periods. */
enum bf_unit { BF_UNIT_WORKING_DAYS, BF_UNIT_DAYS, BF_UNIT_MONTHS, BF_UNIT_HOURS };

enum bf_compare_op { BF_EQ, BF_NE, BF_LT, BF_LE, BF_GT, BF_GE };

/* The life of a duty (docs/LANGUAGE.md draws it). NONE: never armed yet. */
enum bf_status {
    BF_STATUS_NONE,
    BF_STATUS_WAITING,
    BF_STATUS_OPEN,
    BF_STATUS_PAUSED,
    BF_STATUS_MET,
    BF_STATUS_LATE,
    BF_STATUS_LAPSED,
    BF_STATUS_VOID,
    BF_STATUSES
};

enum bf_otherwise_op {
    BF_OTHERWISE_NONE,
    BF_OTHERWISE_STAYS,
    BF_OTHERWISE_GOTO,
    BF_OTHERWISE_DEEMED
};

/* Why an act was refused, in the order in which a step judges. REFUSED (scenarios only): any. */
enum bf_refusal {
    BF_REFUSAL_NONE,
    BF_REFUSAL_MALFORMED,
    BF_REFUSAL_NOT_PERMITTED,
    BF_REFUSAL_FORBIDDEN,
    BF_REFUSAL_TOO_LATE,
    BF_REFUSAL_NOT_YET,
    BF_REFUSAL_REFUSED
};

/* Types of values. The order is part of the image format. */
enum bf_kind {
    BF_K_NONE, /* of a broken expression, and of `none` before it has a context */
    BF_K_BOOL,
    BF_K_INT,
    BF_K_DECIMAL,
    BF_K_TEXT,
    BF_K_DATE,
    BF_K_INSTANT,
    BF_K_DOCUMENT,
    BF_K_CITIZEN_ID,
    BF_K_CREDIT_CODE,
    BF_K_PARTY, /* any party: Person, Organisation, Department, or an office */
    BF_K_PERSON,
    BF_K_ORGANISATION,
    BF_K_DEPARTMENT,
    BF_K_VIOLATION,
    BF_K_PERIOD, /* ref: enum bf_unit */
    BF_K_ENUM,   /* ref: the enumeration */
    BF_K_RECORD, /* ref: the record */
    BF_K_LIST,   /* ref: the element's type */
    BF_K_CASE,   /* scenarios only; ref: the procedure */
    BF_KINDS
};

#endif
