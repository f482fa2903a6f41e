/* model = http: requests of real clients. They come on connections, which the server accepts on the
 * feeder's thread until it is stopped; see host/http.h. */
#include "host/http.h"
#include "base/clock.h"
#include "host/feeding.h"

static uint64_t feed(struct ps_feeder *feeder, const struct ps_feeder_settings *now)
{
    (void)now;
    ps_http_serve(feeder->run->http);
    return PS_NEVER;
}

static enum ps_err open_clients(struct ps_feeder *feeder, char *why, size_t why_size)
{
    (void)why, (void)why_size;
    return ps_http_invite(feeder->run->http);
}

const struct ps_arrival_ops ps_arrivals_http = {.open = open_clients, .feed = feed};
