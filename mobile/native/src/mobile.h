/* What an app needs of C beside edgelab.h: a callback that keeps what it was given, and an executor behind a file descriptor. */
#ifndef EDGELAB_MOBILE_H
#define EDGELAB_MOBILE_H

#include <edgelab.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where messages of an executor are put. `message` is the taker's, to be freed with edgelab_free. */
typedef void (*edgelab_mobile_deliver)(char *message, size_t length);

/* An edgelab_receive whose `context` is an edgelab_mobile_deliver. A callback of Dart's runs later, on another thread, when what the
 * executor lent is gone: so it gets a copy. Where there is no memory for one, the message is lost. */
EDGELAB_API void edgelab_mobile_receive(void *context, const char *message, size_t length);

/* Runs an executor for whoever is at the other end of `descriptor` (a socket; stays the caller's), a message a line, as
 * docs/PROTOCOL.md has it for pipes: until the other end closes, or the executor takes no more messages. NULL where that was because
 * the other end closed or said bye; else why, to be freed with edgelab_free. Blocks; one at a time in a process. */
EDGELAB_API char *edgelab_mobile_serve(int descriptor);

#ifdef __cplusplus
}
#endif

#endif /* EDGELAB_MOBILE_H */
