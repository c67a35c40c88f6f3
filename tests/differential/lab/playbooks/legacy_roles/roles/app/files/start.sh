echo "port $1 of $2"
