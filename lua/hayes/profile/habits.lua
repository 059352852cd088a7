--- What a profile may say that a module does, by name. A habit of any other name is kept and shown, and changes
--- nothing.

---@class hayes.profile.habit
---@field doc string what it means that it is true, or what the value is
---@field needs? "yes"|"echo" what `hayes probe` needs to see it: leave to change something, or a far end as well

---@type table<string, hayes.profile.habit>
return {
  space_after_colon = { doc = 'Lines are written "+NAME: value", not "+NAME:value".' },
  blank_line_before_result = { doc = "A blank line stands between the lines of an answer and OK." },
  urc_port = { doc = 'The port that URCs come out of, as AT+QURCCFG="urcport" tells.' },
  mixed_error_texts = { doc = "With AT+CMEE=2, the errors of files are numbers all the same." },
  ftp_status_before_ok = { doc = "+QFTPSTAT comes before OK." },
  error_word = { doc = "The result code of a failed command, ERROR or +ERROR." },
  number_before_error = { doc = "A line with the number of the error comes before that." },
  unknown_command_is_error = { doc = "An unknown command is answered like a failed one." },
  existing_file_as_text = { doc = "AT+QFUPL tells in words that a file exists, also with AT+CMEE=1.",
    needs = "yes" },
  line_end_before_prompt = { doc = "CR LF comes before the prompt for data.", needs = "echo" },
  space_after_prompt = { doc = "A space follows the prompt.", needs = "echo" },
  line_end_after_prompt = { doc = "CR LF follows the prompt.", needs = "echo" },
  notification_before_read = { doc = 'A "recv" URC comes right before the answer to AT+QIRD.',
    needs = "echo" },
  read_announces_more = { doc = "AT+QIRD announces more bytes than it delivers.", needs = "echo" },
  line_end_after_pushed_data = { doc = "CR LF follows data that is pushed.", needs = "echo" },
  connected_state = { doc = "The number that AT+SOCKET? has for a connection that is open.",
    needs = "echo" },
  no_server = { doc = "The number that AT+SOCKET? has in place of a server.", needs = "echo" },
  colon_after_read = { doc = "The answer begins with +SOCKETREAD: and not with +SOCKETREAD,",
    needs = "echo" },
  line_end_before_read = { doc = "CR LF comes before the answer to AT+SOCKETREAD.", needs = "echo" },
  event_after_delete = { doc = "SocketAutoDel follows AT+SOCKETDEL.", needs = "echo" },
  lone_cr_before_address = { doc = "A CR without LF comes before +WDOMAIN.", needs = "echo" },
}
