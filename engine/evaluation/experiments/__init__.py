"""What renders many loops to answer one question, and writes down what it found."""
