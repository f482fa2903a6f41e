/* A row of labelled figures that drops its least wanted parts until the rest fits. A part that must
 * stay is not dropped for a label or a gap: those go first. */
#ifndef PS_UI_FLOW_H
#define PS_UI_FLOW_H

#include "ui/canvas.h"

#define PS_FLOW_PARTS 20u
struct ps_flow_part {
    char label[40], value[96];
    enum ps_style label_style, value_style;
    unsigned rank; /* low ranks stay; 0: must stay */
    bool right;    /* at the right end of the row */
    bool plain;    /* says as much without its label, where there is no room for it */
    int least;     /* columns down to which the value may be shortened; 0: shown whole or not */
};
struct ps_flow {
    unsigned count;
    int gap; /* columns between parts */
    struct ps_flow_part part[PS_FLOW_PARTS];
};

/* Add a part. The label may be empty. Returns it, for changes. */
struct ps_flow_part *ps_flow_add(struct ps_flow *flow, unsigned rank, enum ps_style style,
                                 const char *label, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void ps_flow_draw(const struct ps_canvas *row, int y, const struct ps_flow *flow);

#endif
