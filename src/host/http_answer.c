#include "host/http_answer.h"

#include <string.h>
#include <time.h>

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *ps_http_reason(unsigned status)
{
    for (unsigned i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

char *ps_http_put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

char *ps_http_put_number(char *at, uint64_t number)
{
    char digits[20];
    unsigned first = sizeof digits;
    do
        digits[--first] = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(at, digits + first, sizeof digits - first);
    return at + (sizeof digits - first);
}

static char *put_two(char *at, unsigned number)
{
    *at++ = (char)('0' + number / 10 % 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* IMF-fixdate (RFC 9110, 5.6.7). The civil date of a day: years that begin in March make the leap
 * day the last one, 400 years have 146097 days. strftime would take ten times as long. */
static char *put_date(char *at)
{
    static const char days[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    uint64_t seconds = (uint64_t)now.tv_sec, day = seconds / 86400;
    unsigned second = (unsigned)(seconds % 86400);
    uint64_t since = day + 719468, era = since / 146097, of_era = since % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (unsigned)((5 * of_year + 2) / 153); /* 0: March */
    unsigned of_month = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
    uint64_t year = era * 400 + year_of_era + (month >= 10);
    memcpy(at, days + day % 7 * 3, 3);
    at = put_two(ps_http_put_text(at + 3, ", "), of_month);
    *at++ = ' ';
    memcpy(at, months + (size_t)month * 3, 3);
    at[3] = ' ';
    at = ps_http_put_number(at + 4, year);
    *at++ = ' ';
    at = put_two(at, second / 3600);
    *at++ = ':';
    at = put_two(at, second / 60 % 60);
    *at++ = ':';
    return ps_http_put_text(put_two(at, second % 60), " GMT");
}

char *ps_http_put_answer(char *at, const struct ps_http_answer *answer)
{
    at = ps_http_put_number(ps_http_put_text(at, "HTTP/1.1 "), answer->status);
    *at++ = ' ';
    at = ps_http_put_text(at, ps_http_reason(answer->status));
    at = put_date(ps_http_put_text(at, "\r\nDate: "));
    at = ps_http_put_text(at, answer->html ? "\r\nContent-Type: text/html; charset=utf-8"
                                           : "\r\nContent-Type: text/plain; charset=utf-8");
    at = ps_http_put_text(at, "\r\nContent-Length: ");
    at = ps_http_put_number(at, answer->length);
    if (answer->status == 405)
        at = ps_http_put_text(at, "\r\nAllow: GET, HEAD, POST");
    if (answer->status == 503)
        at = ps_http_put_text(at, "\r\nRetry-After: 1");
    if (answer->close)
        at = ps_http_put_text(at, "\r\nConnection: close");
    at = ps_http_put_text(at, "\r\n\r\n");
    if (answer->bare)
        return at;
    memcpy(at, answer->body, answer->length);
    return at + answer->length;
}
