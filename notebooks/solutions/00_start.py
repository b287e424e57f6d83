my_frame = bytes([0b1000_0001, 0b1000_0010, 1, 2, 3, 4, ord("H") ^ 1, ord("i") ^ 2])
