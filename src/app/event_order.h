/* Events of many rings, brought into the order of time: collected, sorted, taken from the front. */
#ifndef PS_APP_EVENT_ORDER_H
#define PS_APP_EVENT_ORDER_H

#include "metrics/snapshot.h"

/* All zero bytes: empty. */
struct ps_event_order {
    struct ps_event *event;
    size_t count, room;
};

void ps_event_order_free(struct ps_event_order *order);
/* At the end. False: out of memory. */
bool ps_event_order_add(struct ps_event_order *order, const struct ps_event *events, size_t count);
/* By time; events of the same instant stay as they were added. False: out of memory. */
bool ps_event_order_sort(struct ps_event_order *order);
/* Take the first so many away. */
void ps_event_order_drop(struct ps_event_order *order, size_t count);

#endif
