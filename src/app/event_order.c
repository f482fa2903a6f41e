#include "app/event_order.h"

#include <stdlib.h>
#include <string.h>

void ps_event_order_free(struct ps_event_order *order)
{
    free(order->event);
    *order = (struct ps_event_order){.event = NULL};
}

bool ps_event_order_add(struct ps_event_order *order, const struct ps_event *events, size_t count)
{
    if (count == 0)
        return true;
    if (order->count + count > order->room) {
        size_t room = order->room ? order->room : 4096;
        while (room < order->count + count)
            room *= 2;
        struct ps_event *more = realloc(order->event, room * sizeof *more);
        if (!more)
            return false;
        order->event = more;
        order->room = room;
    }
    memcpy(order->event + order->count, events, count * sizeof *events);
    order->count += count;
    return true;
}

/* [low, middle) and [middle, high) of `from` are sorted. */
static void merge(const struct ps_event *from, struct ps_event *to, size_t low, size_t middle,
                  size_t high)
{
    size_t i = low, j = middle;
    for (size_t k = low; k < high; k++) {
        bool first = i < middle && (j >= high || from[i].at_ns <= from[j].at_ns);
        to[k] = first ? from[i++] : from[j++];
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Merging, from the bottom up: stable, which qsort need not be. */
bool ps_event_order_sort(struct ps_event_order *order)
{
    size_t count = order->count;
    if (count < 2)
        return true;
    struct ps_event *other = malloc(count * sizeof *other);
    if (!other)
        return false;
    struct ps_event *from = order->event, *to = other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width)
            merge(from, to, low, least(low + width, count), least(low + 2 * width, count));
        struct ps_event *swap = from;
        from = to;
        to = swap;
    }
    if (from != order->event)
        memcpy(order->event, from, count * sizeof *from);
    free(other);
    return true;
}

void ps_event_order_drop(struct ps_event_order *order, size_t count)
{
    if (count == 0)
        return;
    order->count -= count;
    memmove(order->event, order->event + count, order->count * sizeof *order->event);
}
