#include "host/http_parser.h"

#include <string.h>

/* In the order in which a request goes through them. A line's CR has been seen where the name ends
 * in LF. */
enum state {
    START, /* of a request; of a line that may be empty */
    START_LF,
    METHOD,
    TARGET,
    SCHEME,
    AUTHORITY,
    PATH,
    QUERY,
    VERSION,
    LINE_LF,
    FIELD, /* start of a field's line, or of the empty one */
    NAME,
    VALUE,
    VALUE_LF,
    HEAD_LF,
    CHUNK, /* a chunk's size */
    EXTENSION,
    CHUNK_LF,
    CHUNK_END,
    CHUNK_END_LF,
    DATA, /* bytes that are only counted, of a chunk */
    BODY, /* ... or of a body of known length */
    WHOLE,
    BROKEN
};

enum field { OTHER, HOST, LENGTH, CODING, CONNECTION, EXPECT };

static const struct {
    const char *name;
    enum field field;
} fields[] = {
    {"host", HOST},
    {"content-length", LENGTH},
    {"transfer-encoding", CODING},
    {"connection", CONNECTION},
    {"expect", EXPECT},
};

/* RFC 9110, 5.6.2: a bit a character below 128. */
static bool is_token(unsigned char c)
{
    static const uint64_t low = UINT64_C(0x03ff6cfa00000000), high = UINT64_C(0x57ffffffc7fffffe);
    return c < 128 && ((c < 64 ? low >> c : high >> (c - 64)) & 1) != 0;
}

static bool is_visible(unsigned char c)
{
    return c > 0x20 && c < 0x7f;
}

static bool is_text(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static char lower(unsigned char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned refuse(struct ps_http_parser *p, unsigned status)
{
    p->state = BROKEN;
    p->status = status;
    return status;
}

static unsigned go(struct ps_http_parser *p, enum state state)
{
    p->state = (uint8_t)state;
    return PS_HTTP_MORE;
}

static unsigned go_if(struct ps_http_parser *p, bool expected, enum state state)
{
    return expected ? go(p, state) : refuse(p, 400);
}

void ps_http_parser_init(struct ps_http_parser *p)
{
    memset(p, 0, offsetof(struct ps_http_parser, name));
    p->state = START;
}

bool ps_http_parser_begun(const struct ps_http_parser *p)
{
    return p->state > START_LF;
}

/* ---- the request line ---- */

static unsigned end_method(struct ps_http_parser *p)
{
    static const char *const names[] = {"GET", "HEAD", "POST"};
    p->method = PS_HTTP_OTHER;
    for (unsigned i = 0; i < 3; i++)
        if (p->name_length == strlen(names[i]) && memcmp(p->name, names[i], p->name_length) == 0)
            p->method = (enum ps_http_method)i;
    return go(p, TARGET);
}

static unsigned on_method(struct ps_http_parser *p, unsigned char c)
{
    if (c == ' ' && p->name_length > 0)
        return end_method(p);
    if (!is_token(c))
        return refuse(p, 400);
    if (p->name_length < sizeof p->name)
        p->name[p->name_length] = (char)c;
    p->name_length++;
    return PS_HTTP_MORE;
}

static void keep_of_path(struct ps_http_parser *p, unsigned char c)
{
    if (p->path_length < PS_HTTP_PATH_MAX - 1) {
        p->path[p->path_length] = (char)c;
        p->path[p->path_length + 1] = '\0';
    }
    p->path_length++;
}

static unsigned end_target(struct ps_http_parser *p)
{
    if (p->path_length == 0)
        keep_of_path(p, '/');
    p->value_length = 0;
    return go(p, VERSION);
}

/* First byte of a target. What another method aims at is not looked at. */
static unsigned on_target(struct ps_http_parser *p, unsigned char c)
{
    if (c == '/') {
        keep_of_path(p, c);
        return go(p, PATH);
    }
    if (p->method == PS_HTTP_OTHER)
        return go_if(p, is_visible(c), QUERY);
    p->matched = 1;
    return go_if(p, lower(c) == 'h', SCHEME);
}

static unsigned on_scheme(struct ps_http_parser *p, unsigned char c)
{
    static const char scheme[] = "http://";
    if (lower(c) != scheme[p->matched])
        return refuse(p, 400);
    p->value_length = 0;
    return go(p, ++p->matched == sizeof scheme - 1 ? AUTHORITY : SCHEME);
}

static unsigned on_authority(struct ps_http_parser *p, unsigned char c)
{
    bool ends = c == '/' || c == '?' || c == ' ';
    if (!ends) {
        p->value_length++;
        return go_if(p, is_visible(c) && c != '#', AUTHORITY);
    }
    if (p->value_length == 0)
        return refuse(p, 400);
    if (c == ' ')
        return end_target(p);
    keep_of_path(p, '/');
    return go(p, c == '/' ? PATH : QUERY);
}

static unsigned on_path(struct ps_http_parser *p, unsigned char c)
{
    if (c == ' ')
        return end_target(p);
    if (!is_visible(c) || c == '#')
        return refuse(p, 400);
    if (c == '?')
        return go(p, QUERY);
    keep_of_path(p, c);
    return PS_HTTP_MORE;
}

static unsigned on_query(struct ps_http_parser *p, unsigned char c)
{
    return c == ' ' ? end_target(p) : go_if(p, is_visible(c) && c != '#', QUERY);
}

/* "HTTP/1.1" CR. Versions 1.2 and later are read as 1.1 (RFC 9110, 2.5). */
static unsigned on_version(struct ps_http_parser *p, unsigned char c)
{
    static const char version[] = "HTTP/1.1";
    unsigned at = p->value_length++;
    if (at == sizeof version - 1)
        return go_if(p, c == '\r', LINE_LF);
    bool digit = c >= '0' && c <= '9';
    if (at == 5)
        return !digit ? refuse(p, 400) : c == '1' ? PS_HTTP_MORE : refuse(p, 505);
    if (at == 7) {
        p->minor = c == '0' ? 0 : 1;
        return go_if(p, digit, VERSION);
    }
    return go_if(p, c == (unsigned char)version[at], VERSION);
}

/* ---- fields ---- */

static bool value_is(const struct ps_http_parser *p, const char *text)
{
    return p->value_length == strlen(text) && memcmp(p->value, text, p->value_length) == 0;
}

static unsigned end_length(struct ps_http_parser *p)
{
    if (p->has_length || p->value_length == 0 || p->value_length > sizeof p->value)
        return refuse(p, 400);
    p->has_length = true;
    uint64_t length = 0;
    for (unsigned i = 0; i < p->value_length; i++) {
        unsigned digit = (unsigned)(unsigned char)p->value[i] - '0';
        if (digit > 9)
            return refuse(p, 400);
        if (length <= PS_HTTP_BODY_MAX)
            length = length * 10 + digit;
    }
    p->left = length <= PS_HTTP_BODY_MAX ? (uint32_t)length : PS_HTTP_BODY_MAX + 1;
    return go(p, FIELD);
}

static unsigned end_coding(struct ps_http_parser *p)
{
    if (p->is_chunked)
        return refuse(p, 400);
    p->is_chunked = true;
    return value_is(p, "chunked") ? go(p, FIELD) : refuse(p, 501);
}

/* A list of options. One that is longer than what was kept of it ends the connection. */
static unsigned end_connection(struct ps_http_parser *p)
{
    bool cut = p->value_length > sizeof p->value;
    unsigned length = cut ? (unsigned)sizeof p->value : p->value_length;
    p->closes = p->closes || cut;
    for (unsigned at = 0; at < length;) {
        while (at < length && (p->value[at] == ' ' || p->value[at] == '\t' || p->value[at] == ','))
            at++;
        unsigned from = at;
        while (at < length && p->value[at] != ' ' && p->value[at] != '\t' && p->value[at] != ',')
            at++;
        p->closes = p->closes || (at - from == 5 && memcmp(p->value + from, "close", 5) == 0);
        p->keeps = p->keeps || (at - from == 10 && memcmp(p->value + from, "keep-alive", 10) == 0);
    }
    return go(p, FIELD);
}

static unsigned end_field(struct ps_http_parser *p)
{
    switch ((enum field)p->field) {
    case OTHER:
        break;
    case HOST:
        return ++p->hosts > 1 ? refuse(p, 400) : go(p, FIELD);
    case LENGTH:
        return end_length(p);
    case CODING:
        return end_coding(p);
    case CONNECTION:
        return end_connection(p);
    case EXPECT:
        if (!value_is(p, "100-continue"))
            return refuse(p, 417);
        p->wants_continue = true;
        break;
    }
    return go(p, FIELD);
}

static unsigned end_name(struct ps_http_parser *p)
{
    p->field = OTHER;
    if (!p->in_trailer && p->name_length <= sizeof p->name)
        for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
            if (strlen(fields[i].name) == p->name_length &&
                memcmp(fields[i].name, p->name, p->name_length) == 0)
                p->field = (uint8_t)fields[i].field;
    p->value_length = 0;
    p->gap = 0;
    return go(p, VALUE);
}

static unsigned on_name(struct ps_http_parser *p, unsigned char c)
{
    if (c == ':' && p->name_length > 0)
        return end_name(p);
    if (!is_token(c))
        return refuse(p, 400);
    if (p->name_length < sizeof p->name)
        p->name[p->name_length] = lower(c);
    p->name_length++;
    return go(p, NAME);
}

static unsigned on_field(struct ps_http_parser *p, unsigned char c)
{
    if (c == '\r')
        return go(p, HEAD_LF);
    p->name_length = 0;
    return on_name(p, c); /* white space: a folded field */
}

/* White space at either end is not of the value. What two programs could read as two values is
 * refused: within a length or a host there is none. */
static unsigned on_value(struct ps_http_parser *p, unsigned char c)
{
    static const uint16_t broken[] = {[HOST] = 400, [LENGTH] = 400, [CODING] = 501, [EXPECT] = 417};
    if (c == '\r')
        return go(p, VALUE_LF);
    if (!is_text(c))
        return refuse(p, 400);
    if (p->field == OTHER)
        return PS_HTTP_MORE;
    bool space = c == ' ' || c == '\t';
    if (p->field != CONNECTION) {
        if (space) {
            p->gap = p->value_length > 0;
            return PS_HTTP_MORE;
        }
        if (p->gap || (p->field == HOST && strchr("/?#@\\\",<>", c)))
            return refuse(p, broken[p->field]);
    }
    if (p->value_length < sizeof p->value)
        p->value[p->value_length] = lower(c);
    p->value_length++;
    return PS_HTTP_MORE;
}

/* ---- the end of the head, and the body ---- */

static unsigned whole(struct ps_http_parser *p)
{
    p->keep_alive = !p->closes && (p->minor > 0 || p->keeps);
    p->wants_continue = false;
    p->state = WHOLE;
    return PS_HTTP_DONE;
}

static unsigned end_head(struct ps_http_parser *p)
{
    if (p->in_trailer)
        return whole(p);
    if ((p->minor > 0 && p->hosts != 1) || (p->is_chunked && (p->has_length || p->minor == 0)))
        return refuse(p, 400);
    if (p->left > PS_HTTP_BODY_MAX)
        return refuse(p, 413);
    p->wants_continue = p->wants_continue && p->minor > 0;
    p->digits = p->line = 0;
    if (p->is_chunked)
        return go(p, CHUNK);
    return p->left > 0 ? go(p, BODY) : whole(p);
}

static unsigned end_chunk_line(struct ps_http_parser *p)
{
    if (p->digits == 0)
        return refuse(p, 400);
    p->digits = p->line = 0;
    if (p->left > 0)
        return go(p, DATA);
    p->in_trailer = true;
    p->head = 0;
    return go(p, FIELD);
}

static unsigned on_chunk(struct ps_http_parser *p, unsigned char c)
{
    char x = lower(c);
    bool digit = (x >= '0' && x <= '9') || (x >= 'a' && x <= 'f');
    if (!digit)
        return c == ';'    ? go_if(p, p->digits > 0, EXTENSION)
               : c == '\r' ? go_if(p, p->digits > 0, CHUNK_LF)
                           : refuse(p, 400);
    if (++p->digits > 8)
        return refuse(p, 400);
    p->left = p->left * 16 + (uint32_t)(x <= '9' ? x - '0' : x - 'a' + 10);
    return PS_HTTP_MORE;
}

static unsigned on_byte(struct ps_http_parser *p, unsigned char c)
{
    switch ((enum state)p->state) {
    case START:
        return c == '\r' ? go(p, START_LF) : (go(p, METHOD), on_method(p, c));
    case START_LF:
        return go_if(p, c == '\n', START);
    case METHOD:
        return on_method(p, c);
    case TARGET:
        return on_target(p, c);
    case SCHEME:
        return on_scheme(p, c);
    case AUTHORITY:
        return on_authority(p, c);
    case PATH:
        return on_path(p, c);
    case QUERY:
        return on_query(p, c);
    case VERSION:
        return on_version(p, c);
    case LINE_LF:
        return go_if(p, c == '\n', FIELD);
    case FIELD:
        return on_field(p, c);
    case NAME:
        return on_name(p, c);
    case VALUE:
        return on_value(p, c);
    case VALUE_LF:
        return c == '\n' ? end_field(p) : refuse(p, 400);
    case HEAD_LF:
        return c == '\n' ? end_head(p) : refuse(p, 400);
    case CHUNK:
        return on_chunk(p, c);
    case EXTENSION:
        return c == '\r' ? go(p, CHUNK_LF) : go_if(p, is_text(c), EXTENSION);
    case CHUNK_LF:
        return c == '\n' ? end_chunk_line(p) : refuse(p, 400);
    case CHUNK_END:
        return go_if(p, c == '\r', CHUNK_END_LF);
    case CHUNK_END_LF:
        return go_if(p, c == '\n', CHUNK);
    case DATA:
    case BODY:
    case WHOLE:
    case BROKEN:
        break;
    }
    return refuse(p, 400);
}

/* Bytes of the body. */
static unsigned drop(struct ps_http_parser *p, size_t size, size_t *used)
{
    uint32_t n = size < p->left ? (uint32_t)size : p->left;
    *used += n;
    p->left -= n;
    if (p->left > 0)
        return PS_HTTP_MORE;
    return p->state == BODY ? whole(p) : go(p, CHUNK_END);
}

/* One byte of a head, a trailer or a chunk's line was used: is there room for more of it? */
static unsigned within_bounds(struct ps_http_parser *p, unsigned status)
{
    if (p->state >= CHUNK && p->state <= DATA) {
        if (p->state == DATA) {
            if (p->left > PS_HTTP_BODY_MAX - p->body)
                return refuse(p, 413);
            p->body += p->left;
        }
        return ++p->line > PS_HTTP_CHUNK_MAX ? refuse(p, 400) : status;
    }
    bool in_target = p->state >= TARGET && p->state <= QUERY;
    return ++p->head > PS_HTTP_HEAD_MAX ? refuse(p, in_target ? 414 : 431) : status;
}

unsigned ps_http_parse(struct ps_http_parser *p, const char *bytes, size_t size, size_t *used)
{
    unsigned status = p->state == BROKEN ? p->status : PS_HTTP_MORE;
    size_t at = 0;
    while (at < size && status == PS_HTTP_MORE) {
        if (p->state == DATA || p->state == BODY) {
            status = drop(p, size - at, &at);
            continue;
        }
        status = on_byte(p, (unsigned char)bytes[at++]);
        if (status <= PS_HTTP_DONE)
            status = within_bounds(p, status);
    }
    *used = at;
    return status;
}
