/* In which keys two experiments differ, found in the text that their hosts would get: what is not
 * listed is the same. */
#ifndef PS_UI_COMPARE_MATCH_H
#define PS_UI_COMPARE_MATCH_H

#include "model/experiment.h"

/* Light Markdown, malloc'ed; NULL: out of memory. */
char *ps_compare_match(const struct ps_experiment *a, const struct ps_experiment *b);

#endif
