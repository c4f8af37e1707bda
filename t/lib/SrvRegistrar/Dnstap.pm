package SrvRegistrar::Dnstap;

# Frame Streams and dnstap, as a collector reads them.
#
#   my ($query, $response) = map { message($_) } read_frames($socket, 2);
#
# A frame is { control => type, content => its content type } or the fields of
# a Dnstap, with those of its Message in `message`.

use strict;
use warnings;

use Exporter qw(import);
use Net::DNS;

use SrvRegistrar::Dnsd;

our @EXPORT_OK = qw(CONTENT ACCEPT START STOP READY FINISH frame_control frames
    message question read_bytes read_frames);

# What a stream of dnstap says that it holds, and control frames' types.

use constant CONTENT => 'protobuf:dnstap.Dnstap';
use constant { ACCEPT => 1, START => 2, STOP => 3, READY => 4, FINISH => 5 };

# dnstap.proto's field numbers.

my %outer = (1 => 'identity', 2 => 'version', 14 => 'message', 15 => 'type');
my %inner = (1 => 'type', 2 => 'family', 3 => 'protocol',
             4 => 'query_address', 5 => 'response_address', 6 => 'query_port',
             7 => 'response_port', 8 => 'query_sec', 9 => 'query_nsec',
             10 => 'query', 12 => 'response_sec', 13 => 'response_nsec',
             14 => 'response');


# A control frame, with a content type or without.

sub frame_control
{
    my ($type, $content) = @_;

    my $frame = pack('N', $type)
                . (defined($content) ? pack('NN/a*', 1, $content) : '');

    return pack('NN/a*', 0, $frame);
}


# The next n frames of a connection.

sub read_frames
{
    my ($socket, $n) = @_;

    my @frames;

    while (@frames < $n) {
        my $length = unpack('N', read_bytes($socket, 4));

        if ($length == 0) {
            $length = unpack('N', read_bytes($socket, 4));
            push(@frames, control(read_bytes($socket, $length)));
            next;
        }

        push(@frames, decode(read_bytes($socket, $length)));
    }

    return @frames;
}


sub read_bytes
{
    my ($socket, $n) = @_;

    my $bytes = SrvRegistrar::Dnsd::read_bytes($socket, $n, 10);

    return $bytes // die("a frame of $n bytes did not come");
}


# All frames of a file.

sub frames
{
    my ($bytes) = @_;

    my @frames;

    while (length($bytes) > 0) {
        my $length = unpack('N', substr($bytes, 0, 4, ''));

        if ($length == 0) {
            $length = unpack('N', substr($bytes, 0, 4, ''));
            push(@frames, control(substr($bytes, 0, $length, '')));
            next;
        }

        push(@frames, decode(substr($bytes, 0, $length, '')));
    }

    return @frames;
}


sub control
{
    my ($bytes) = @_;

    my ($type, $field, $length, $content) = unpack('N3a*', $bytes);

    return { control => $type, content => $content // '' };
}


sub decode
{
    my ($bytes) = @_;

    my $frame = fields($bytes, \%outer);

    $frame->{message} = fields($frame->{message}, \%inner);

    return $frame;
}


# A frame's message, with identity and version beside.

sub message
{
    my ($frame) = @_;

    return { %$frame, %{ $frame->{message} // {} } };
}


# What a query's frame asks.

sub question
{
    my ($frame) = @_;

    my $bytes = message($frame)->{query};

    return (Net::DNS::Packet->new(\$bytes)->question())[0];
}


# Protocol Buffers: a field twice, or one that nobody knows, is a mistake.

sub fields
{
    my ($bytes, $names) = @_;

    my %fields;

    while (length($bytes) > 0) {
        my $key = varint(\$bytes);
        my $name = $names->{ $key >> 3 } // die('field ' . ($key >> 3));

        die("$name twice") if exists($fields{$name});

        $fields{$name} = ($key & 7) == 0 ? varint(\$bytes)
            : ($key & 7) == 2 ? substr($bytes, 0, varint(\$bytes), '')
            : ($key & 7) == 5 ? unpack('V', substr($bytes, 0, 4, ''))
            : die("wire type of $name");
    }

    return \%fields;
}


sub varint
{
    my ($bytes) = @_;

    my ($value, $shift) = (0, 0);

    for ( ;; ) {
        my $byte = ord(substr($$bytes, 0, 1, ''));

        $value |= ($byte & 0x7f) << $shift;
        return $value if $byte < 0x80;
        $shift += 7;
    }
}


1;
