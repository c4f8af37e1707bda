package SrvRegistrar::Client;

# An HTTPS/1.1 client that sends exactly the bytes that a test wants, over
# TLS with a client certificate, SNI, session and source address of its
# choice.
#
#   my $c = SrvRegistrar::Client->new(address => ..., port => ..., ca => pem);
#   my $r = $c->request('POST', '/v1/enroll', cert => [pem, key]);
#   $r->{status}, $r->{headers}{'content-type'}, $r->{body}, $r->{json}

use strict;
use warnings;

use Carp qw(croak);
use IO::Socket::SSL;
use JSON::PP ();

# A reply takes milliseconds; this is for a machine that is busy with
# sanitized builds.
use constant TIMEOUT => 30;


# address, port, ca (a file), host (of the Host field and of SNI)

sub new
{
    my ($class, %args) = @_;

    return bless { host => 'registrar.example', %args }, $class;
}


# Connects and shakes hands; undef with $SSL_ERROR in $@ if that fails.
#
#   cert     [certificate file, key file]
#   sni      a name; '' sends none; the client's host by default
#   source   the local address
#   address, port      another server than the client's
#   version  "TLSv1_2", "TLSv1_3"
#   session  an SSL context as in IO::Socket::SSL's SSL_reuse_ctx

sub connect
{
    my ($self, %args) = @_;

    my %ssl = (
        SSL_ca_file         => $self->{ca},
        SSL_verifycn_name   => $self->{host},
        SSL_verifycn_scheme => 'none',
        SSL_hostname        => $args{sni} // $self->{host},
    );

    @ssl{'SSL_cert_file', 'SSL_key_file'} = @{ $args{cert} } if $args{cert};
    $ssl{SSL_version} = $args{version} if $args{version};
    $ssl{SSL_reuse_ctx} = $args{session} if $args{session};
    $ssl{LocalAddr} = $args{source} if $args{source};

    my $socket = IO::Socket::SSL->new(
        PeerAddr => $args{address} // $self->{address},
        PeerPort => $args{port} // $self->{port},
        Timeout  => TIMEOUT,
        %ssl,
    );

    $@ = $SSL_ERROR if !$socket;

    return $socket;
}


# The bytes of a request.  headers: [name, value] pairs.  Host, Content-Length
# and Connection are added where they are not among them; pass a value of
# undef to leave one out.

sub bytes
{
    my ($self, $method, $target, %args) = @_;

    my @headers = @{ $args{headers} // [] };
    my %given = map { lc($_->[0]) => 1 } @headers;

    unshift(@headers, ['Host', $args{host} // $self->authority()])
        if !$given{host};
    push(@headers, ['Content-Length', length($args{body})])
        if defined($args{body}) && !$given{'content-length'}
            && !$given{'transfer-encoding'};
    push(@headers, ['Connection', 'close'])
        if !$given{connection} && !$args{keepalive};

    return join("\r\n", "$method $target HTTP/1.1",
        (map { "$_->[0]: $_->[1]" } grep { defined($_->[1]) } @headers),
        '', $args{body} // '');
}


# What the Host field says by default.

sub authority
{
    my ($self) = @_;

    return $self->{port} == 443 ? $self->{host}
                                : "$self->{host}:$self->{port}";
}


# Sends a request and reads the reply; undef where no reply came.  Takes what
# connect and bytes take, and `socket` for a connection that is there.

sub request
{
    my ($self, $method, $target, %args) = @_;

    return $self->exchange($self->bytes($method, $target, %args), %args);
}


# The same with ready-made bytes.

sub exchange
{
    my ($self, $bytes, %args) = @_;

    local $SIG{PIPE} = 'IGNORE';

    my $socket = $args{socket} // $self->connect(%args) or return undef;

    print $socket $bytes;

    my $reply = $self->reply($socket);

    close($socket) if !$args{socket};

    return $reply;
}


# Reads one reply from a connection.

sub reply
{
    my ($self, $socket) = @_;

    my $head = '';

    local $/ = "\r\n";
    local $SIG{ALRM} = sub { die "no reply within " . TIMEOUT . " s\n" };

    my $before = alarm(TIMEOUT);

    while (defined(my $line = <$socket>)) {
        last if $line eq "\r\n" && $head ne '';
        $head .= $line;
    }

    my $reply = parse_head($head);

    if ($reply) {
        $reply->{body} = read_body($socket, $reply->{headers});
        $reply->{json} = eval { JSON::PP::decode_json($reply->{body}) };
    }

    alarm($before);

    return $reply;
}


sub parse_head
{
    my ($head) = @_;

    my ($line, @fields) = split(/\r\n/, $head);

    return undef if !defined($line);

    my ($status) = $line =~ m{^HTTP/1\.\d (\d{3})} or return undef;
    my %headers;

    for (@fields) {
        my ($name, $value) = /^([^:]+):\s*(.*?)\s*$/ or next;
        $name = lc($name);
        $headers{$name} = defined($headers{$name})
                          ? "$headers{$name}, $value" : $value;
    }

    return { status => $status, headers => \%headers, head => $head };
}


sub read_body
{
    my ($socket, $headers) = @_;

    my $body = '';

    if (defined(my $length = $headers->{'content-length'})) {
        read_exactly($socket, \$body, $length);

    } elsif (($headers->{'transfer-encoding'} // '') eq 'chunked') {
        local $/ = "\r\n";

        while (defined(my $size = <$socket>)) {
            my $left = hex($size =~ s{\s+\z}{}r) or last;
            read_exactly($socket, \$body, $left);
            <$socket>;
        }

    } else {
        local $/;
        $body = <$socket> // '';
    }

    return $body;
}


# Appends; a read ends where a TLS record does.

sub read_exactly
{
    my ($socket, $body, $left) = @_;

    while ($left > 0) {
        my $n = read($socket, $$body, $left, length($$body)) or return;

        $left -= $n;
    }
}


1;
