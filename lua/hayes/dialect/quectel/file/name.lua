--- The name of one file of the module. In a command `*` stands for all of them, and AT+QFDEL would delete them all.
return { type = "string", line = true, filled = true, longest = 80, without = "*" }
