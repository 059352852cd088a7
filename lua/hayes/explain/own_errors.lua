--- The errors that come from the library and from this machine, by name: what each means, and what to try. Those of a
--- module are in its dialect.

return {
  -- Ports
  bad_address = { "What was given is no address of a port, or no host.", "A port is /dev/ttyUSB2, tcp:host:port, "
    .. "unix:/path, emulator or emulator:MODULE." },
  connection_refused = { "Nothing listens at that address.", "Is ser2net, or the emulator, running there?" },
  no_such_port = { "There is no port of that name.", "hayes.ports() lists those that there are." },
  port_busy = { "Another program has the port open.", "End that program: a port belongs to one program at a time. "
    .. "ModemManager takes modems for itself." },
  port_failed = { "The system cannot open the port, or cannot set it up." },
  port_gone = { "The port went away while it was open: the cable was unplugged, the adapter or the module reset, or "
    .. "the other end closed the connection.", "Open it again once it is back; modem:reopen() does." },
  unsupported_speed = { "The port cannot be set to that speed.", "Take a usual one: 9600, 57600, 115200, 230400, "
    .. "460800 or 921600." },
  not_supported = { "This build of the library was made without what the call needs." },
  no_answer = { "Nothing answers commands on the port.", "Is the module powered, and on for some seconds? Is this its "
    .. "AT port? Are TX and RX crossed? Is the speed right?" },
  wrong_speed = { "What comes is garbage: the speed of the line is not that of the module.", "Try baud = 9600, 57600, "
    .. "230400, 460800 or 921600; AT+IPR? tells what the module is set to." },
  unknown_module = { "The module answers, and is of no kind that the library knows.", "Give the dialect: "
    .. "hayes.open(address, { dialect = … })." },
  unsupported_module = { "The module is of a family whose commands the library does not speak." },
  bad_dialect = { "The dialect that was given is not one: the error says what is wrong with it.",
    "`hayes dialect check FILE` tells all of its mistakes." },
  start_failed = { "What the dialect sends first, when the modem is opened, has failed." },
  bad_profile = { "The file is no profile of a module: the error says what is wrong, and in which line.",
    "`hayes probe` writes one." },
  other_module = { "The profile that was given is of another module, or of other firmware.",
    "`hayes probe` makes one of this module." },
  no_trace = { "The file is no trace of a module.",
    "The option --trace FILE of `hayes`, and hayes.open(address, { trace = path }), write one." },
  emulator_failed = { "The program hayes-emulator did not start, or has ended.", "Is it built, and on the PATH?" },

  -- Files of this machine
  no_such_file = { "There is no such file on this machine." },
  permission_denied = { "This user may not open the port or the file.", "For ports: add the user to the group that "
    .. "owns them (dialout on Debian), and log in again." },
  bad_path = { "The path cannot be that of a file." },
  is_a_fifo = { "The path leads to a FIFO, whose length is not known beforehand, and the module must know it." },
  is_a_device = { "The path leads to a device, which has no end that is known beforehand." },
  is_a_stream = { "The file is one of the kernel's that say that they are empty, and are not.", "Copy it first." },
  no_such_device = { "Nothing is at the other end of the path: no device, or nobody who reads the FIFO." },
  file_too_long = { "The file is longer than a file of its kind can be.", "Is it the right one?" },
  is_a_directory = { "The path leads to a folder, and a file is needed." },
  is_a_socket = { "The path leads to a socket, and a file is needed." },
  no_descriptor = { "The system has no descriptors left for a pair of sockets.",
    "Close what is not needed, or raise the limit (ulimit -n)." },
  no_reader = { "Nobody reads from the FIFO.", "Start the program that reads it first." },
  file_in_use = { "Another program is writing that file: it downloads to the same path." },
  rename_failed = { "The download is complete, and its file could not get its name.", "It is in `part_path` of the "
    .. "error." },
  source_failed = { "Reading the data that was to be sent has failed." },
  sink_failed = { "Writing the data that came has failed." },
  out_of_memory = { "There was not enough memory on this machine." },

  -- Calls
  timeout = { "It took longer than it may: the library gave up waiting." },
  closed = { "The connection, the session or the modem is closed.", "sock:lasterror() tells why." },
  cancelled = { "The task was cancelled." },
  busy = { "The line belongs to something that does not let it go: a connection in transparent mode.",
    "sock:escape() leaves it." },
  command_mode = { "The connection was left by sock:escape().", "sock:resume() returns to data mode." },
  internal_error = { "A bug in the library.", "Please report it, with a trace if there is one." },
  too_long = { "The text is longer than a command or a line of a module." },
  unknown = { "Nothing is known of what was asked for." },

  -- The line and the module
  reboot = { "The module has restarted: its connections and sessions are gone.", "Open them again." },
  error = { "The module refuses the command, and gives no number.", "Is it spelt right, and does this firmware have "
    .. "it? AT+CMEE=1 makes Quectel modules give numbers; start-up does that." },
  bad_answer = { "The module's answer is not what it must be: a line that loses or changes bytes, or firmware that "
    .. "answers otherwise." },
  damaged = { "What the module has is not what was sent to it.", "Flow control helps against a line that loses bytes: "
    .. 'flow = "rtscts".' },
  short_read = { "The module gave less data than it said it would.", "Flow control helps against a line that loses "
    .. 'bytes: flow = "rtscts".' },
  long_read = { "The module gave more data than it said it would.", "Another program may use the port." },
  data_not_taken = { "The command ended before the module had taken all of its data." },
  no_information = { "The module answered with a result code alone, without the line that was asked for." },
  setting_not_kept = { "The module says OK to a setting and has another one afterwards, so nothing was opened.",
    "Does another program use the module?" },
  not_stored = { "The module says OK to a certificate, and has another one afterwards." },
  unknown_setting = { "This firmware does not know a setting that was asked for." },

  -- Networks
  sim_missing = { "There is no SIM card, or the module cannot read it." },
  sim_not_ready = { "The module is still reading the SIM card.", "Try again in a while." },
  sim_pin_refused = { "The SIM card has refused this PIN before, so it was not sent again: a card locks itself after "
    .. "three wrong ones.", "Give the right PIN; pin_again = true sends the same one once more." },
  ph_sim_pin_required = { "The module is locked to another SIM card, and asks for the code that unlocks it." },
  ph_net_pin_required = { "The module is locked to an operator, and asks for the code that unlocks it." },
  not_registered = { "The module finds no network.", "Check the antenna; a first search takes minutes." },
  registration_denied = { "The network refuses the SIM card.", "Is the card activated and paid for? Is data allowed "
    .. "on it?" },
  apn_refused = { "The network refuses the access point name, or the user or password for it.", "Ask the operator for "
    .. "the name." },
  not_active = { "The data connection was activated, and lost at once." },
  detached = { "The module has left the packet network." },
  not_joined = { "The module is not joined to an access point any more." },
  no_data = { "The module says that it has a connection, and the probe of modem:keep finds that no data passes." },
  function_failed = { "A function that was given to modem:keep has raised an error, or gave none as its reason.",
    "It gives true, or nil and why not." },
  no_address = { "The access point was joined, and gave no IP address." },
  dns_failed = { "No address was found for the host name." },

  -- Connections
  no_free_socket = { "All connections of the module are in use.", "Close those that are not needed." },
  no_free_context = { "All SSL contexts of the module are in use with other settings.", "Close connections that are "
    .. "not needed." },
  slots_in_use = { "The module has one CA, one certificate and one key for all of its connections, and an open one "
    .. "needs a different one.", "Close that connection first; or give both the same file, with both CAs in it." },
  certificate_in_use = { "An open connection needs the certificate." },
  con_id_not_given = { "The module gave another ConID than was asked for.", "Leave con_id out." },
  no_con_id = { "The module says OK and tells no ConID." },
  no_peer = { "A UDP server has no client yet, to which it could send." },
  not_alone = { "Transparent transmission needs a single connection, and there are others.", "Close them." },
  not_connected = { "The module is not set to connect by itself." },
  send_buffer_full = { "The module could not pass anything on for a long time: the server does not read." },
  data_lost = { "The connection ended, and the module connected again, before all data was read." },
  ambiguous = { "Two connections have the same index, and the module would switch the other one." },
  refused = { "The emulator does not take that control command." },

  -- FTP
  exists = { "The server has a file of that name that is not a part of this one.", 'existing = "beside" stores next '
    .. 'to it and then takes its place; "replace" writes over it.' },
  too_large = { "The file ends beyond byte 2147483647, to which the module's commands count." },
  size_differs = { "The server has another number of bytes than were stored." },
  content_differs = { "Read back, the server's file is not the local one." },
  file_changed = { "The server's file was changed during the download." },
  server_has_less = { "`offset` is beyond what the server has, so the bytes in between would be missing." },
  offset_beyond_end = { "`offset` is beyond the end of the file." },
  session_lost = { "The module ended the transfer in the middle." },
  bad_listing = { "The server's listing is of no known form.", "ftp:list() gives its lines." },
  bad_time = { "The server's answer is no time." },
}
