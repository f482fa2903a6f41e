/* A small library of presets in memory, and the words of made-up engines. */
#ifndef PS_TESTS_UI_PRESETS_H
#define PS_TESTS_UI_PRESETS_H

#include "model/library.h"

extern const struct ps_vocabulary presets_words;

/* Owner: the caller; free with free(library->presets). */
void presets_fill(struct ps_library *library);

#endif
