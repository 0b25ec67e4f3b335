/*
 * Loaded in front of the C library (LD_PRELOAD): a new socket takes the next number that is free behind that of the last one,
 * and not the lowest, so that the number of a closed socket comes again only after thousands of others.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 64

static int next = FIRST;

static int fresh(int fd) {
  struct rlimit limit;
  int moved;
  if (fd < 0) return fd;
  moved = fcntl(fd, F_DUPFD_CLOEXEC, __atomic_load_n(&next, __ATOMIC_RELAXED));
  if (moved < 0) {
    __atomic_store_n(&next, FIRST, __ATOMIC_RELAXED);
    return fd;
  }
  close(fd);
  getrlimit(RLIMIT_NOFILE, &limit);
  __atomic_store_n(&next, (rlim_t)moved + 64 < limit.rlim_cur ? moved + 1 : FIRST, __ATOMIC_RELAXED);
  return moved;
}

int socket(int domain, int type, int protocol) {
  static int (*of_system)(int, int, int);
  if (!of_system) of_system = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  return fresh(of_system(domain, type, protocol));
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*of_system)(int, struct sockaddr *, socklen_t *, int);
  if (!of_system) of_system = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
  return fresh(of_system(fd, address, length, flags));
}

int accept(int fd, struct sockaddr *address, socklen_t *length) {
  static int (*of_system)(int, struct sockaddr *, socklen_t *);
  if (!of_system) of_system = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");
  return fresh(of_system(fd, address, length));
}
