"""What is known of the standard library beyond `sys.stdlib_module_names`."""

# Modules whose documentation restricts their availability, and those that newer versions removed
# (docs.python.org: "Availability" notes, PEP 594, PEP 632).
NOT_EVERYWHERE = frozenset(
    (
        "_winapi _curses _tkinter aifc asynchat asyncore audioop bz2 cgi cgitb chunk crypt "
        "ctypes curses dbm distutils ensurepip fcntl grp idlelib imghdr imp lib2to3 lzma "
        "mailcap msilib msvcrt nis nntplib nt ossaudiodev pipes posix pty pwd readline "
        "mmap resource smtpd sndhdr spwd sqlite3 ssl sunau syslog telnetlib termios tkinter turtle "
        "tty uu venv winreg winsound xdrlib zlib "
    ).split()
)

# Of modules whose names depend on the system, those that have no "Availability" note.
_PORTABLE = {
    "errno": (
        "E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBUSY ECHILD "
        "ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG "
        "EHOSTDOWN EHOSTUNREACH EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE "
        "EMLINK EMSGSIZE ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT "
        "ENOEXEC ENOLCK ENOMEM ENOPROTOOPT ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSOCK "
        "ENOTTY ENXIO EOPNOTSUPP EPERM EPFNOSUPPORT EPIPE EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS "
        "ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESTALE ETIMEDOUT ETOOMANYREFS EUSERS EWOULDBLOCK "
        "EXDEV errorcode"
    ),
    "asyncio.unix_events": "",
    "asyncio.windows_events": "",
    "asyncio.windows_utils": "",
    "locale": (
        "CHAR_MAX Error LC_ALL LC_COLLATE LC_CTYPE LC_MONETARY LC_NUMERIC LC_TIME atof atoi "
        "currency delocalize format_string getdefaultlocale getencoding getlocale "
        "getpreferredencoding locale_alias locale_encoding_alias localeconv localize normalize "
        "resetlocale setlocale str strcoll strxfrm windows_locale"
    ),
    "multiprocessing.popen_fork": "",
    "multiprocessing.popen_forkserver": "",
    "multiprocessing.popen_spawn_posix": "",
    "multiprocessing.popen_spawn_win32": "",
    "os": (
        "DirEntry F_OK O_APPEND O_CREAT O_EXCL O_RDONLY O_RDWR O_TRUNC O_WRONLY PathLike R_OK "
        "SEEK_CUR SEEK_END SEEK_SET W_OK X_OK abort access altsep chdir chmod close closerange "
        "cpu_count curdir defpath device_encoding devnull dup dup2 environ error execl execle "
        "execlp execv execve execvp execvpe extsep fdopen fsdecode fsencode fspath fstat fsync "
        "get_exec_path get_inheritable get_terminal_size getcwd getcwdb getenv getlogin getpid "
        "getppid isatty kill linesep link listdir lseek lstat makedirs mkdir name open pardir path "
        "pathsep pipe popen putenv read readlink remove removedirs rename renames replace rmdir "
        "scandir sep set_inheritable spawnl spawnle spawnv spawnve stat stat_result strerror "
        "supports_dir_fd supports_effective_ids supports_fd supports_follow_symlinks symlink "
        "system terminal_size times times_result truncate umask unlink unsetenv urandom utime "
        "waitpid waitstatus_to_exitcode walk write"
    ),
    "select": "error select",
    "selectors": ("BaseSelector DefaultSelector EVENT_READ EVENT_WRITE SelectSelector SelectorKey"),
    "signal": (
        "Handlers SIGABRT SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_IGN Signals "
        "default_int_handler getsignal raise_signal set_wakeup_fd signal strsignal valid_signals"
    ),
    "socket": (
        "AF_INET AF_INET6 AF_UNSPEC AI_ADDRCONFIG AI_CANONNAME AI_NUMERICHOST AI_PASSIVE "
        "AddressFamily EAI_NONAME INADDR_ANY INADDR_LOOPBACK IPPROTO_ICMP IPPROTO_IP IPPROTO_IPV6 "
        "IPPROTO_TCP IPPROTO_UDP IPV6_V6ONLY MSG_OOB MSG_PEEK MSG_WAITALL NI_NUMERICHOST "
        "NI_NUMERICSERV SHUT_RD SHUT_RDWR SHUT_WR SOCK_DGRAM SOCK_RAW SOCK_STREAM SOL_SOCKET "
        "SOMAXCONN SO_BROADCAST SO_ERROR SO_KEEPALIVE SO_LINGER SO_RCVBUF SO_REUSEADDR SO_SNDBUF "
        "SO_TYPE SocketKind SocketType TCP_NODELAY close create_connection create_server error "
        "fromfd gaierror getaddrinfo getdefaulttimeout getfqdn gethostbyaddr gethostbyname "
        "gethostbyname_ex gethostname getnameinfo getprotobyname getservbyname getservbyport "
        "has_dualstack_ipv6 has_ipv6 herror htonl htons inet_aton inet_ntoa inet_ntop inet_pton "
        "ntohl ntohs setdefaulttimeout socket socketpair timeout"
    ),
    "subprocess": (
        "CalledProcessError CompletedProcess DEVNULL PIPE Popen STDOUT SubprocessError "
        "TimeoutExpired call check_call check_output getoutput getstatusoutput list2cmdline run"
    ),
    "time": (
        "altzone asctime ctime daylight get_clock_info gmtime localtime mktime monotonic "
        "monotonic_ns perf_counter perf_counter_ns process_time process_time_ns sleep strftime "
        "strptime struct_time thread_time thread_time_ns time time_ns timezone tzname"
    ),
}
# Of modules whose other names are there on every system, those that have such a note.
_RARE = {
    "builtins": "WindowsError",
    "asyncio": (
        "DefaultEventLoopPolicy IocpProactor ProactorEventLoop SafeChildWatcher "
        "ThreadedChildWatcher WindowsProactorEventLoopPolicy WindowsSelectorEventLoopPolicy "
        "open_unix_connection start_unix_server"
    ),
    "faulthandler": "register unregister",
    "asyncio.streams": "open_unix_connection start_unix_server",
    "multiprocessing.connection": "PipeConnection",
    "socketserver": (
        "ForkingMixIn ForkingTCPServer ForkingUDPServer ForkingUnixDatagramServer "
        "ForkingUnixStreamServer ThreadingUnixDatagramServer ThreadingUnixStreamServer "
        "UnixDatagramServer UnixStreamServer"
    ),
    "sys": (
        "abiflags dllhandle getandroidapilevel getdlopenflags getwindowsversion setdlopenflags "
        "winver"
    ),
}
_PORTABLE_NAMES = {module: frozenset(names.split()) for module, names in _PORTABLE.items()}
_RARE_NAMES = {module: frozenset(names.split()) for module, names in _RARE.items()}


def is_everywhere(module: str, name: str) -> bool:
    """Whether a standard module that every build has binds `name` on every system.

    docs.python.org says so with "Availability"; of the modules that are not in the tables above it
    is taken to be so.
    """
    if module in _PORTABLE_NAMES:
        return name == "*" or name in _PORTABLE_NAMES[module]
    return name not in _RARE_NAMES.get(module, frozenset())
