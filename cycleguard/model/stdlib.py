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
