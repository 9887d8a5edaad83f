#ifndef HEXI_CMICROHTTPD_SHIM_H
#define HEXI_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

// Of Linux, and not in Swift's Glibc module.
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
static const short HEXI_POLLRDHUP = 0x2000;
int pthread_setname_np(pthread_t thread, const char *name);
static inline int hexi_tcp_socket(int family) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static inline int hexi_nonblocking_tcp_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
int accept4(int descriptor, struct sockaddr *address, socklen_t *count, int flags);
static inline int hexi_accept(int descriptor, struct sockaddr *address, socklen_t *count) {
    return accept4(descriptor, address, count, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
static inline int hexi_socket_unread(int descriptor, int *count) { return ioctl(descriptor, FIONREAD, count); }

// The constants carry attributes, and the start and information functions are variadic; neither imports into Swift.

static inline enum MHD_Result hexi_mhd_yes(void) { return MHD_YES; }
static inline enum MHD_Result hexi_mhd_no(void) { return MHD_NO; }
static inline int hexi_mhd_is_start(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}
static inline int hexi_mhd_is_complete(enum MHD_RequestTerminationCode code) {
    return code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
}

struct hexi_mhd_settings {
    // Negative: the caller accepts connections and hands them over with MHD_add_connection.
    int listen_socket;
    unsigned int threads;
    unsigned int connections;
    unsigned int connections_per_address;
    unsigned int timeout_seconds;
    size_t memory_per_connection;
};

// Kept by the caller, at the same address, until the daemon has stopped.
struct hexi_mhd_callbacks {
    void *context;
    MHD_AccessHandlerCallback access;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void (*message)(void *context, const char *text);
};

static inline void hexi_mhd_message(void *callbacks, const char *format, va_list arguments) {
    const struct hexi_mhd_callbacks *to = (const struct hexi_mhd_callbacks *)callbacks;
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    to->message(to->context, text);
}

// The path is wanted as the client wrote it, so nothing is unescaped here.
static inline size_t hexi_mhd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    size_t count = 0;
    (void)context;
    (void)connection;
    while (text[count] != 0) count++;
    return count;
}

// Returns NULL if the daemon could not be started; a listening socket is then still the caller's.
static inline struct MHD_Daemon *hexi_mhd_start(
    const struct hexi_mhd_settings *settings, const struct hexi_mhd_callbacks *to) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem listening[] = {
        {MHD_OPTION_LISTEN_SOCKET, settings->listen_socket, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (settings->listen_socket < 0) flags |= MHD_USE_NO_LISTEN_SOCKET;
    // The logger comes first: options are read in order, and a later one may already have something to say.
    return MHD_start_daemon(
        flags | MHD_USE_ERROR_LOG, 0, NULL, NULL, to->access, to->context,
        MHD_OPTION_EXTERNAL_LOGGER, &hexi_mhd_message, (void *)to,
        MHD_OPTION_ARRAY, settings->listen_socket < 0 ? &listening[1] : &listening[0],
        MHD_OPTION_THREAD_POOL_SIZE, settings->threads,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory_per_connection,
        MHD_OPTION_STRICT_FOR_CLIENT, (int)1,
        MHD_OPTION_URI_LOG_CALLBACK, to->target, to->context,
        MHD_OPTION_UNESCAPE_CALLBACK, &hexi_mhd_keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, to->completed, to->context,
        MHD_OPTION_NOTIFY_CONNECTION, to->connection, to->context,
        MHD_OPTION_END);
}

static inline void *hexi_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return information == NULL ? NULL : information->socket_context;
}

static inline int hexi_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return information == NULL ? -1 : information->connect_fd;
}

static inline const struct sockaddr *hexi_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return information == NULL ? NULL : information->client_addr;
}

static inline void hexi_mhd_read_headers(
    struct MHD_Connection *connection, MHD_KeyValueIteratorN iterator, void *context) {
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, iterator, context);
}

static inline struct MHD_Response *hexi_mhd_response_copying(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

static inline struct MHD_Response *hexi_mhd_response_keeping(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_PERSISTENT);
}

static inline int hexi_mhd_add_header(struct MHD_Response *response, const char *name, const char *value) {
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

#endif
