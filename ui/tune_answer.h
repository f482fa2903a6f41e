/* The words of the tune screen: the answer, models, tuners, notes. Pure. */
#ifndef PS_UI_TUNE_ANSWER_H
#define PS_UI_TUNE_ANSWER_H

#include "ui/tune_screen.h"

/* 3 rows: highest, recommended, your guess. */
void ps_tune_answer_draw(const struct ps_canvas *canvas, const struct ps_tune_view *view);
/* A row a model, with what it misses by. */
void ps_tune_models_draw(const struct ps_canvas *canvas, const struct ps_tune_view *view);
void ps_tune_tuners_draw(const struct ps_canvas *canvas, const struct ps_tune_view *view);
void ps_tune_notes_take(const struct ps_tune_view *view, struct ps_lab_notes *notes);

#endif
