/* Making complaints. Private to model. */
#ifndef PS_MODEL_COMPLAINT_H
#define PS_MODEL_COMPLAINT_H

#include "model/experiment.h"

/* Add one; every part is cleaned of control bytes and cut. line 0, key "" and value NULL: none. */
void ps_complain(struct ps_complaints *complaints, const char *source, unsigned line,
                 const char *key, const char *value, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* A reason that a function hands up to whoever can name file, line and key. */
struct ps_why {
    char text[320];
};

/* Set the reason; always returns false, so that a setter can return it. */
bool ps_because(struct ps_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append "; did you mean 'x'?" if a candidate is near the word. */
void ps_because_near(struct ps_why *why, const char *word, const char *const *candidates);

#endif
